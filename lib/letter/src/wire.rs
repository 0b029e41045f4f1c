//! The encoding that ssh has for keys and signatures: each value after its length in four bytes, big-endian (RFC 4251,
//! section 5, `string`).

/// Appends `value`.
pub(crate) fn put(bytes: &mut Vec<u8>, value: &[u8]) {
    // Everything here is far below 4 GiB.
    let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(value);
}

/// Takes the next value off the front of `bytes`; `None` where there is none.
pub(crate) fn take<'b>(bytes: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (value, rest) = rest.split_at_checked(length)?;
    *bytes = rest;
    Some(value)
}
