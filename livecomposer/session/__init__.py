"""One performance: the only room that knows the whole path of a note."""
