//! HTTP/1.1 in clear, as messages of Entra are recorded: the simulated network has no TLS.

use std::fmt::Write as _;

/// A request as HTTP/1.1 writes it.
pub fn request_octets(request: &http::Request<Vec<u8>>) -> Vec<u8> {
    let target = request
        .uri()
        .path_and_query()
        .map_or("/", |target| target.as_str());
    let mut head = format!("{} {target} HTTP/1.1\r\n", request.method());
    if let Some(host) = request.uri().host()
        && !request.headers().contains_key(http::header::HOST)
    {
        // Writing to a String cannot fail.
        let _ = write!(head, "Host: {host}\r\n");
    }
    finish(head.into_bytes(), request.headers(), request.body())
}

/// A response as HTTP/1.1 writes it.
pub fn response_octets(response: &http::Response<Vec<u8>>) -> Vec<u8> {
    let status = response.status();
    let reason = status.canonical_reason().unwrap_or("");
    let head = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16());
    finish(head.into_bytes(), response.headers(), response.body())
}

fn finish(mut octets: Vec<u8>, headers: &http::HeaderMap, body: &[u8]) -> Vec<u8> {
    for (name, value) in headers {
        octets.extend(name.as_str().as_bytes());
        octets.extend(b": ");
        octets.extend(value.as_bytes());
        octets.extend(b"\r\n");
    }
    if !headers.contains_key(http::header::CONTENT_LENGTH) {
        octets.extend(format!("content-length: {}\r\n", body.len()).as_bytes());
    }
    octets.extend(b"\r\n");
    octets.extend(body);
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_written_in_origin_form_with_its_host() {
        let request = http::Request::post("https://login.example/t/oauth2/token?x=1")
            .header("accept", "*/*")
            .body(b"a=b".to_vec())
            .expect("a valid request");
        let expected = "POST /t/oauth2/token?x=1 HTTP/1.1\r\nHost: login.example\r\naccept: */*\r\n\
                        content-length: 3\r\n\r\na=b";
        assert_eq!(String::from_utf8_lossy(&request_octets(&request)), expected);
    }

    #[test]
    fn a_response_has_its_status_line() {
        let response = http::Response::builder()
            .status(400)
            .body(b"{}".to_vec())
            .expect("a valid response");
        let expected = "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}";
        assert_eq!(String::from_utf8_lossy(&response_octets(&response)), expected);
    }
}
