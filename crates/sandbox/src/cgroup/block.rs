//! The disk that a path is on.

use std::path::Path;

use rustix::fs::{FileType, major, minor, stat};

/// The numbers of the disk of a device node, or of the file system of any other path, as in `8:0`. Limits hold for whole
/// disks, so a partition stands for its disk.
pub(super) fn disk_of(path: &str) -> Option<String> {
    let found = stat(path).ok()?;
    let device = if FileType::from_raw_mode(found.st_mode) == FileType::BlockDevice {
        found.st_rdev
    } else {
        found.st_dev
    };
    let own = format!("{}:{}", major(device), minor(device));
    let directory = Path::new("/sys/dev/block").join(&own);
    if !directory.exists() {
        return None;
    }
    if !directory.join("partition").exists() {
        return Some(own);
    }
    // The link leads to the partition's directory, which is in that of its disk.
    let disk = std::fs::read_to_string(directory.join("../dev")).ok()?;
    Some(disk.trim().to_owned())
}
