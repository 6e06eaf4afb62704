//! Where credentials come from.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::io::Errno;
use unitward_settings::{ImportedCredential, LoadedCredential};

use crate::sys;

/// A credential that was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    pub(super) encrypted: bool,
}

/// Where credentials of the system are, the most important place first, and whether what is there is encrypted.
const STORES: [(&str, bool); 9] = [
    ("/run/credentials/@system", false),
    ("/etc/credstore.encrypted", true),
    ("/run/credstore.encrypted", true),
    ("/usr/local/lib/credstore.encrypted", true),
    ("/usr/lib/credstore.encrypted", true),
    ("/etc/credstore", false),
    ("/run/credstore", false),
    ("/usr/local/lib/credstore", false),
    ("/usr/lib/credstore", false),
];

/// How deep a directory of credentials may be.
const DEPTH_MAX: usize = 32;

/// A credential is no larger.
const SIZE_MAX: u64 = 1024 * 1024;

/// How long a program may take to give a credential over its socket.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a line of `LoadCredential=` stands for: one credential, or one of each file of a directory.
pub(super) fn load(credential: &LoadedCredential) -> Result<Vec<Found>, Errno> {
    let name = &credential.name;
    if !credential.source.starts_with('/') {
        for (store, encrypted) in STORES {
            let path = Path::new(store).join(&credential.source);
            match read(&path) {
                Err(Errno::NOENT | Errno::NOTDIR) => {}
                Err(errno) => return Err(errno),
                Ok(bytes) => {
                    let name = name.clone();
                    return Ok(vec![Found {
                        name,
                        bytes,
                        encrypted,
                    }]);
                }
            }
        }
        return Err(Errno::NOENT);
    }
    let path = Path::new(&credential.source);
    let metadata = std::fs::metadata(path).map_err(|error| sys::errno_of(&error))?;
    if metadata.is_dir() {
        let mut found = Vec::new();
        each_file(path, name, DEPTH_MAX, &mut found)?;
        return Ok(found);
    }
    let bytes = if metadata.file_type().is_socket() {
        receive(path)?
    } else {
        read(path)?
    };
    Ok(vec![Found {
        name: name.clone(),
        bytes,
        encrypted: false,
    }])
}

/// The credentials of the system that a line of `ImportCredential=` stands for. Of two with the same name the first
/// counts.
pub(super) fn import(credential: &ImportedCredential) -> Vec<Found> {
    let (head, open) = match credential.pattern.strip_suffix('*') {
        Some(head) => (head, true),
        None => (credential.pattern.as_str(), false),
    };
    let mut found: Vec<Found> = Vec::new();
    for (store, encrypted) in STORES {
        let mut names: Vec<String> = std::fs::read_dir(store)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| name == head || open && name.starts_with(head))
            .collect();
        names.sort_unstable();
        for own in names {
            let name = match &credential.rename {
                Some(rename) => own.replacen(head, rename, 1),
                None => own.clone(),
            };
            if found.iter().any(|other| other.name == name) {
                continue;
            }
            // What cannot be read is passed over.
            if let Ok(bytes) = read(&Path::new(store).join(&own)) {
                found.push(Found {
                    name,
                    bytes,
                    encrypted,
                });
            }
        }
    }
    found
}

/// Every file below a directory, under a name that is made of the names on the way to it.
fn each_file(folder: &Path, name: &str, depth: usize, found: &mut Vec<Found>) -> Result<(), Errno> {
    let depth = depth.checked_sub(1).ok_or(Errno::LOOP)?;
    let entries = std::fs::read_dir(folder).map_err(|error| sys::errno_of(&error))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort_unstable();
    for path in paths {
        let Some(own) = path.file_name().and_then(|own| own.to_str()) else {
            continue;
        };
        let name = format!("{name}_{own}");
        if path.is_dir() {
            each_file(&path, &name, depth, found)?;
        } else {
            let bytes = read(&path)?;
            found.push(Found {
                name,
                bytes,
                encrypted: false,
            });
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, Errno> {
    let read = || {
        let mut bytes = Vec::new();
        std::fs::File::open(path)?
            .take(SIZE_MAX + 1)
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|error: std::io::Error| sys::errno_of(&error))?;
    bounded(bytes)
}

/// What a program gives that listens on a socket.
fn receive(path: &Path) -> Result<Vec<u8>, Errno> {
    let receive = || {
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut bytes = Vec::new();
        stream.take(SIZE_MAX + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = receive().map_err(|error: std::io::Error| sys::errno_of(&error))?;
    bounded(bytes)
}

fn bounded(bytes: Vec<u8>) -> Result<Vec<u8>, Errno> {
    if bytes.len() as u64 > SIZE_MAX {
        return Err(Errno::TOOBIG);
    }
    Ok(bytes)
}

/// What is in an encrypted credential. The key is systemd's own, so systemd's program has to be there.
pub(super) fn decrypted(name: &str, bytes: &[u8]) -> Result<Vec<u8>, Errno> {
    let decrypt = || {
        let mut child = Command::new("systemd-creds")
            .args(["decrypt", "--newline=no"])
            .arg(format!("--name={name}"))
            .args(["-", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(bytes)?;
        }
        child.wait_with_output()
    };
    let output = decrypt().map_err(|error: std::io::Error| sys::errno_of(&error))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(Errno::KEYREJECTED)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_directory_gives_a_credential_of_each_file() {
        let folder = std::env::temp_dir().join(format!("unitward-source-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("b")).unwrap();
        std::fs::write(folder.join("a"), "1").unwrap();
        std::fs::write(folder.join("b/c"), "2").unwrap();
        let found = load(&LoadedCredential {
            name: "x".to_owned(),
            source: folder.to_string_lossy().into_owned(),
        });
        std::fs::remove_dir_all(&folder).unwrap();
        let names: Vec<_> = found.unwrap().into_iter().map(|found| found.name).collect();
        assert_eq!(names, ["x_a", "x_b_c"]);
    }

    #[test]
    fn what_is_found_nowhere_is_an_error_to_be_judged() {
        let load = |source: &str| {
            load(&LoadedCredential {
                name: "x".to_owned(),
                source: source.to_owned(),
            })
        };
        assert_eq!(load("unitward-no-such-credential"), Err(Errno::NOENT));
        assert_eq!(load("/unitward-no-such-credential"), Err(Errno::NOENT));
    }
}
