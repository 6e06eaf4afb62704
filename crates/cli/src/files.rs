//! Reading files of a bounded size, and writing files without ever leaving half of one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use unitward_unit::load::FILE_MAX;

use crate::error::Error;

/// Reads a file that is named in a call, of at most [`FILE_MAX`] bytes.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let shown = path.display();
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(FILE_MAX + 1).read_to_end(&mut bytes));
    read.map_err(|error| Error::new(format!("Cannot read {shown}: {error}.")))?;
    if bytes.len() as u64 > FILE_MAX {
        return Err(Error::new(format!(
            "{shown} has more than {FILE_MAX} bytes."
        )));
    }
    Ok(bytes)
}

/// The same, as text.
pub(crate) fn read_text(path: &Path) -> Result<String, Error> {
    String::from_utf8(read(path)?)
        .map_err(|_| Error::new(format!("{} is no UTF-8 text.", path.display())))
}

/// Writes a file: into a new one beside it, which then takes its name. On an error the old file is as it was.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    // A device such as /dev/stdout is written to as it is.
    let is_special = fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
    let written = if is_special {
        fs::write(path, bytes)
    } else {
        beside(path, bytes)
    };
    written.map_err(|error| Error::new(format!("Cannot write {}: {error}.", path.display())))
}

fn beside(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (temporary, mut file) = create(path)?;
    let result = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| match fs::metadata(path) {
            Ok(old) => file.set_permissions(old.permissions()),
            Err(_) => Ok(()),
        })
        .and_then(|()| fs::rename(&temporary, path));
    if result.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    result
}

/// A new file in the folder of another one. An existing file, or a link laid out in advance, is never opened.
fn create(path: &Path) -> io::Result<(PathBuf, File)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    for attempt in 0..100_u32 {
        let temporary = path.with_file_name(format!(".{name}.{}.{attempt}", std::process::id()));
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&temporary)
        {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return opened.map(|file| (temporary, file)),
        }
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}
