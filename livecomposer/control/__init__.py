"""Every way to ask the instrument for something: command line, controllers, OSC, the panel."""
