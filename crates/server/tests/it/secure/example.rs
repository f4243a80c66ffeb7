//! The panel in Python of `examples/panel_python`, run as its page says.
