//! The one encoding: deterministic CBOR (RFC 8949 §4.2.1) by numbered fields.
//!
//! Whatever is hashed or signed must have one spelling. [`decode_canonical`] therefore encodes again and compares, which also
//! refuses trailing bytes. Values inside sealed payloads may carry fields of newer versions and use [`decode`].

use minicbor::{Decode, Encode};

use crate::ModelError;

/// Encodes a value. Memory is the only way it could fail.
#[must_use]
pub fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    minicbor::encode(value, &mut bytes).expect("writing to memory does not fail");
    bytes
}

/// Decodes a value that fills `bytes` to the end.
///
/// # Errors
/// [`ModelError::Malformed`].
pub fn decode<'b, T: Decode<'b, ()>>(bytes: &'b [u8], what: &'static str) -> Result<T, ModelError> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let value = decoder.decode().map_err(|_| ModelError::Malformed { what })?;
    if decoder.position() == bytes.len() { Ok(value) } else { Err(ModelError::Malformed { what }) }
}

/// Decodes a value and refuses any spelling of it but the canonical one.
///
/// # Errors
/// [`ModelError::Malformed`] or [`ModelError::NotCanonical`].
pub fn decode_canonical<'b, T: Decode<'b, ()> + Encode<()>>(
    bytes: &'b [u8],
    what: &'static str,
) -> Result<T, ModelError> {
    let value = decode(bytes, what)?;
    if encode(&value) == bytes { Ok(value) } else { Err(ModelError::NotCanonical { what }) }
}
