//! File formats, bytes in and bytes out. Imports error, dtype, shape.

pub mod safetensors;
