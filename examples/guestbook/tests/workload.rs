//! The service and its workload fit together.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::env;
use std::fs;
use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The service, ended with its owner.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_workload_succeeds() {
    let folder = env::temp_dir().join(format!("guestbook-test-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let socket = UnixDatagram::bind(folder.join("notify")).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    let service = Command::new(env!("CARGO_BIN_EXE_guestbook"))
        .args(["--listen", &address, "--book"])
        .arg(folder.join("state/book.txt"))
        .env("NOTIFY_SOCKET", folder.join("notify"))
        .stdin(Stdio::null())
        .spawn();
    let _service = Service(service.unwrap());
    let mut buffer = [0; 16];
    let length = socket.recv(&mut buffer).unwrap();
    assert_eq!(buffer.get(..length), Some(b"READY=1".as_slice()));
    let workload = Path::new(env!("CARGO_MANIFEST_DIR")).join("workload");
    let output = Command::new(workload).arg(&address).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(folder.join("state/book.backup").exists());
    fs::remove_dir_all(folder).unwrap();
}
