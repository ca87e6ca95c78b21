//! tabgrad trains neural networks inside a browser tab.
