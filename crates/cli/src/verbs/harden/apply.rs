//! `--apply`: the drop-in where systemd finds it.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::files;
use crate::ui;

/// The name of the drop-in.
const NAME: &str = "50-unitward-harden.conf";

/// Writes the drop-in of a unit, keeps what was there, and says how to undo it.
pub(super) fn write(unit: &str, text: &str) -> Result<(), Error> {
    let folder = Path::new("/etc/systemd/system").join(format!("{unit}.d"));
    std::fs::create_dir_all(&folder)
        .map_err(|error| Error::new(format!("Cannot make {}: {error}.", folder.display())))?;
    let file = folder.join(NAME);
    let mut undo = format!("rm {}", file.display());
    if file.exists() {
        let backup = backup(&file)?;
        undo = format!("mv {} {}", backup.display(), file.display());
    }
    files::replace(&file, text.as_bytes())?;
    ui::note(&format!("Wrote {}.", file.display()));
    ui::note(&format!(
        "It counts after: systemctl daemon-reload && systemctl restart {unit}"
    ));
    ui::note(&format!("To undo it: {undo}"));
    Ok(())
}

/// Keeps a copy of a file beside it, under a name that systemd does not read.
fn backup(file: &Path) -> Result<PathBuf, Error> {
    let old = files::read(file)?;
    for number in 1..1000_u32 {
        let backup = file.with_extension(format!("conf.before-{number}"));
        if !backup.exists() {
            files::replace(&backup, &old)?;
            return Ok(backup);
        }
    }
    Err(Error::new(format!(
        "{} has too many copies beside it.",
        file.display()
    )))
}
