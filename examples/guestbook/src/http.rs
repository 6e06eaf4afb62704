//! As much of HTTP/1.0 as a guestbook needs.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// No line of a request and no form is longer, in bytes.
const LENGTH_MAX: u64 = 16 * 1024;
const LINES_MAX: usize = 100;
const PATIENCE: Duration = Duration::from_secs(10);

/// A request.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    form: String,
}

impl Request {
    /// Reads a request; nothing when it is none.
    pub(crate) fn read(stream: &mut TcpStream) -> io::Result<Option<Self>> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Self::parse(&mut BufReader::new(stream))
    }

    fn parse(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
        let first = line(reader)?;
        let mut words = first.split_whitespace();
        let (Some(method), Some(path)) = (words.next(), words.next()) else {
            return Ok(None);
        };
        let mut length = 0;
        for _ in 0..LINES_MAX {
            let header = line(reader)?;
            if header.is_empty() {
                break;
            }
            if let Some((name, value)) = header.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        let mut form = Vec::new();
        reader.take(LENGTH_MAX.min(length)).read_to_end(&mut form)?;
        let form = String::from_utf8_lossy(&form).into_owned();
        Ok(Some(Self {
            method: method.to_owned(),
            path: path.to_owned(),
            form,
        }))
    }

    /// A field of the form, when it is there and not empty.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let pairs = self.form.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| decode(value))
            .next()?;
        (!value.is_empty()).then_some(value)
    }
}

fn line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut bytes = Vec::new();
    reader.take(LENGTH_MAX).read_until(b'\n', &mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned())
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, tail @ ..]) => {
                let digit = |byte: u8| {
                    char::from(byte)
                        .to_digit(16)
                        .and_then(|digit| u8::try_from(digit).ok())
                };
                if let (Some(high), Some(low)) = (digit(*high), digit(*low)) {
                    bytes.push(high << 4 | low);
                    rest = tail;
                } else {
                    bytes.push(b'%');
                }
            }
            (other, _) => bytes.push(*other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// An answer.
pub(crate) struct Response {
    status: &'static str,
    header: String,
    body: String,
}

impl Response {
    pub(crate) fn html(body: &str) -> Self {
        let header = "Content-Type: text/html; charset=utf-8".to_owned();
        Self {
            status: "200 OK",
            header,
            body: body.to_owned(),
        }
    }

    pub(crate) fn text(status: &'static str, body: &str) -> Self {
        let header = "Content-Type: text/plain; charset=utf-8".to_owned();
        Self {
            status,
            header,
            body: body.to_owned(),
        }
    }

    /// Sends the visitor to another page.
    pub(crate) fn see(path: &str) -> Self {
        Self {
            status: "303 See Other",
            header: format!("Location: {path}"),
            body: String::new(),
        }
    }

    pub(crate) fn write(&self, stream: &mut impl Write) -> io::Result<()> {
        let Self {
            status,
            header,
            body,
        } = self;
        let length = body.len();
        let head = format!("HTTP/1.0 {status}\r\n{header}\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        stream.flush()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_form_is_read() {
        let text = b"POST /sign HTTP/1.0\r\nContent-Length: 26\r\n\r\nname=A+B&text=%3C3%20%zz%&x";
        let request = Request::parse(&mut text.as_slice()).unwrap().unwrap();
        assert_eq!(
            (request.method.as_str(), request.path.as_str()),
            ("POST", "/sign")
        );
        assert_eq!(request.field("name").as_deref(), Some("A B"));
        assert_eq!(request.field("text").as_deref(), Some("<3 %zz%"));
        assert_eq!(request.field("y"), None);
    }

    #[test]
    fn an_empty_request_is_none() {
        assert!(Request::parse(&mut b"\r\n".as_slice()).unwrap().is_none());
    }
}
