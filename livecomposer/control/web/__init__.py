"""The panel: a page with which to see, play and shape the music, served by the session itself."""
