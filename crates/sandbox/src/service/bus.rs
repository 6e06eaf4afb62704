//! Asking a D-Bus whether somebody has a name (`Type=dbus`): as much of a client as that takes.
//!
//! The protocol is in the D-Bus specification, "Authentication Protocol" and "Message Protocol".

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use unitward_settings::Scope;

use crate::plan::environment::Variables;

/// How long the bus may take for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// No answer that matters here is longer.
const LONGEST: u32 = 1 << 16;

/// A connection to a bus.
#[derive(Debug)]
pub(super) struct Bus {
    stream: UnixStream,
    serial: u32,
}

/// The path of the socket of the system's bus, or of the user's; none when it has an address of another kind.
pub(super) fn path(scope: Scope, caller: &Variables) -> Option<String> {
    let (variable, usual) = match scope {
        Scope::User => {
            let folder = caller.get("XDG_RUNTIME_DIR");
            let bus = folder.map(|folder| format!("{folder}/bus"));
            ("DBUS_SESSION_BUS_ADDRESS", bus)
        }
        _ => (
            "DBUS_SYSTEM_BUS_ADDRESS",
            Some("/run/dbus/system_bus_socket".to_owned()),
        ),
    };
    let Some(addresses) = caller.get(variable) else {
        return usual;
    };
    addresses.split(';').find_map(|address| {
        let parts = address.strip_prefix("unix:")?;
        let path = parts.split(',').find_map(|part| part.strip_prefix("path="));
        // An escaped path is left alone.
        path.filter(|path| !path.contains('%')).map(str::to_owned)
    })
}

impl Bus {
    /// Connects, as the user of this process.
    pub(super) fn connect(path: &str) -> io::Result<Self> {
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut bus = Self { stream, serial: 0 };
        bus.authenticate()?;
        bus.call("Hello", None)?;
        Ok(bus)
    }

    /// Whether somebody has a name.
    pub(super) fn has_owner(&mut self, name: &str) -> io::Result<bool> {
        let answer = self.call("NameHasOwner", Some(name))?;
        Ok(answer.first_chunk() == Some(&1_u32.to_le_bytes()))
    }

    fn authenticate(&mut self) -> io::Result<()> {
        let uid = rustix::process::geteuid().as_raw().to_string();
        let name: String = uid.bytes().map(|byte| format!("{byte:02x}")).collect();
        write!(self.stream, "\0AUTH EXTERNAL {name}\r\n")?;
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") && line.len() < 512 {
            let mut byte = [0];
            self.stream.read_exact(&mut byte)?;
            line.extend(byte);
        }
        if !line.starts_with(b"OK ") {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        self.stream.write_all(b"BEGIN\r\n")
    }

    /// Calls a method of the bus itself, with one string or nothing, and gives the body of the answer.
    fn call(&mut self, member: &str, argument: Option<&str>) -> io::Result<Vec<u8>> {
        self.serial += 1;
        self.stream
            .write_all(&message(self.serial, member, argument))?;
        loop {
            let mut head = [0; 16];
            self.stream.read_exact(&mut head)?;
            let [order, kind, _, _, body @ .., _, _, _, _, _, _, _, _] = head;
            let [.., a, b, c, d] = head;
            if order != b'l' {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let fields = u32::from_le_bytes([a, b, c, d]);
            let body = u32::from_le_bytes(body);
            if fields > LONGEST || body > LONGEST {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.skip(fields.next_multiple_of(8))?;
            let mut answer = vec![0; usize::try_from(body).unwrap_or_default()];
            self.stream.read_exact(&mut answer)?;
            match kind {
                METHOD_RETURN => return Ok(answer),
                ERROR => return Err(io::ErrorKind::Other.into()),
                // Signals come in between, such as NameAcquired.
                _ => {}
            }
        }
    }

    fn skip(&mut self, count: u32) -> io::Result<()> {
        let mut rest = (&mut self.stream).take(u64::from(count));
        io::copy(&mut rest, &mut io::sink()).map(drop)
    }
}

const METHOD_CALL: u8 = 1;
const METHOD_RETURN: u8 = 2;
const ERROR: u8 = 3;

/// A call of a method of the bus, in the order of bytes that is called little.
fn message(serial: u32, member: &str, argument: Option<&str>) -> Vec<u8> {
    let mut body = Vec::new();
    if let Some(argument) = argument {
        string(&mut body, argument);
    }
    let mut fields = Vec::new();
    let name = "org.freedesktop.DBus";
    for (code, kind, value) in [
        (1, b'o', "/org/freedesktop/DBus"),
        (2, b's', name),
        (3, b's', member),
        (6, b's', name),
    ] {
        pad(&mut fields, 8);
        fields.extend([code, 1, kind, 0]);
        string(&mut fields, value);
    }
    if argument.is_some() {
        pad(&mut fields, 8);
        // The signature of the body: one string.
        fields.extend([8, 1, b'g', 0, 1, b's', 0]);
    }
    let mut message = vec![b'l', METHOD_CALL, 0, 1];
    for number in [length(&body), serial, length(&fields)] {
        message.extend(number.to_le_bytes());
    }
    message.extend(fields);
    pad(&mut message, 8);
    message.extend(body);
    message
}

fn string(bytes: &mut Vec<u8>, text: &str) {
    pad(bytes, 4);
    bytes.extend(length(text.as_bytes()).to_le_bytes());
    bytes.extend(text.bytes());
    bytes.push(0);
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

fn pad(bytes: &mut Vec<u8>, to: usize) {
    bytes.resize(bytes.len().next_multiple_of(to), 0);
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::os::unix::net::UnixListener;

    use super::*;

    /// An answer to a call, with a signal before it.
    fn answer(body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![b'l', 4, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0];
        bytes.extend([0; 8]);
        bytes.extend([b'l', METHOD_RETURN, 0, 1]);
        bytes.extend(length(body).to_le_bytes());
        bytes.extend([2, 0, 0, 0, 8, 0, 0, 0, 5, 1, b'u', 0, 1, 0, 0, 0]);
        bytes.extend(body);
        bytes
    }

    #[test]
    fn a_bus_is_asked_for_a_name() {
        let path = std::env::temp_dir().join(format!("unitward-bus-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut read = |count: usize| {
                let mut bytes = vec![0; count];
                stream.read_exact(&mut bytes).unwrap();
                bytes
            };
            let uid = rustix::process::geteuid().as_raw().to_string();
            let hello = format!("\0AUTH EXTERNAL {}\r\n", "00".repeat(uid.len()));
            assert!(read(hello.len()).starts_with(b"\0AUTH EXTERNAL 3"));
            stream.write_all(b"OK 0123\r\n").unwrap();
            let mut bodies = [&b"\x04\0\0\0:1.1\0"[..], &[0; 4], &[1, 0, 0, 0]].into_iter();
            let calls = [
                (message(1, "Hello", None), "BEGIN\r\n"),
                (message(2, "NameHasOwner", Some("org.example.It")), ""),
                (message(3, "NameHasOwner", Some("org.example.It")), ""),
            ];
            for (call, before) in calls {
                let mut bytes = vec![0; before.len() + call.len()];
                stream.read_exact(&mut bytes).unwrap();
                assert!(bytes.ends_with(&call));
                stream.write_all(&answer(bodies.next().unwrap())).unwrap();
            }
        });
        let mut bus = Bus::connect(path.to_str().unwrap()).unwrap();
        assert!(!bus.has_owner("org.example.It").unwrap());
        assert!(bus.has_owner("org.example.It").unwrap());
        server.join().unwrap();
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn addresses_name_sockets() {
        let mut caller = Variables::new();
        let system = |caller: &Variables| path(Scope::System, caller);
        assert_eq!(
            system(&caller).as_deref(),
            Some("/run/dbus/system_bus_socket")
        );
        assert_eq!(path(Scope::User, &caller), None);
        let address = "tcp:host=a;unix:abstract=b;unix:guid=1,path=/c";
        caller.insert("DBUS_SYSTEM_BUS_ADDRESS".to_owned(), address.to_owned());
        assert_eq!(system(&caller).as_deref(), Some("/c"));
        caller.insert("XDG_RUNTIME_DIR".to_owned(), "/run/user/1".to_owned());
        assert_eq!(
            path(Scope::User, &caller).as_deref(),
            Some("/run/user/1/bus")
        );
    }
}
