//! Multipart forms.

/// A form of metadata and a file: its content type and content.
pub(crate) fn form(metadata: &str, file: &[u8]) -> (String, Vec<u8>) {
    let boundary = "b0undary";
    let mut content = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"metadata\"\r\n\r\n{metadata}\r\n--{boundary}\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"file\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    content.extend_from_slice(file);
    content.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), content)
}
