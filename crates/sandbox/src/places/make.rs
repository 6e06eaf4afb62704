//! Making the directories of a unit, and removing those that go with it.

use std::fs;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::symlink;
use std::path::Path;

use rustix::fs::{AtFlags, Dir, FileType, Gid, Mode, OFlags, Uid};
use rustix::io::Errno;

use super::{PlaceStep, Places};
use crate::Failure;

/// What was made and goes with this value.
#[derive(Debug, Default)]
pub(crate) struct Made {
    passing: Vec<String>,
}

type Owner = (Option<u32>, Option<u32>);

impl Places {
    /// Makes all of it; what is not meant to stay goes when the value that is given is dropped.
    pub(crate) fn make(&self) -> Result<Made, Failure> {
        let mut made = Made::default();
        for step in &self.steps {
            made.take(step).map_err(|errno| {
                let (cause, exit) = step.cause();
                Failure::new(exit, cause, step.to_string()).with_errno(errno)
            })?;
        }
        Ok(made)
    }
}

impl Made {
    /// Removes what goes with the unit: the last made first.
    pub(crate) fn remove(&self) {
        for path in self.passing.iter().rev() {
            // What cannot be removed is in the way of nobody.
            let _ = match fs::symlink_metadata(path) {
                Ok(found) if found.is_dir() => fs::remove_dir_all(path),
                Ok(_) => fs::remove_file(path),
                Err(error) => Err(error),
            };
        }
    }

    fn take(&mut self, step: &PlaceStep) -> Result<(), Errno> {
        match step {
            PlaceStep::PrivateTmp { path, .. } => self.private_tmp(path),
            PlaceStep::Directory {
                path,
                other,
                guard,
                mode,
                owner,
                links,
                passing,
                keeps,
                ..
            } => {
                if let Some(guard) = guard {
                    make_guard(guard)?;
                }
                make_parents(path)?;
                match (guard, other) {
                    (Some(_), Some(public)) => hide(path, public)?,
                    (None, Some(hidden)) => show(path, hidden)?,
                    _ => {}
                }
                let mode = Mode::from_raw_mode(u32::from(*mode));
                match rustix::fs::mkdir(path.as_str(), mode) {
                    Ok(()) => {}
                    Err(Errno::EXIST) if *keeps => return Ok(()),
                    Err(Errno::EXIST) => {}
                    Err(errno) => return Err(errno),
                }
                if *passing {
                    self.passing.push(path.clone());
                }
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
                let directory = rustix::fs::open(path.as_str(), flags, Mode::empty())?;
                give(&directory, *owner)?;
                rustix::fs::fchmod(&directory, mode)?;
                if let (Some(_), Some(public)) = (guard, other) {
                    self.link(path, public, false)?;
                }
                for link in links {
                    self.link(path, link, *passing)?;
                }
                Ok(())
            }
        }
    }

    fn private_tmp(&mut self, path: &str) -> Result<(), Errno> {
        rustix::fs::mkdir(path, Mode::from_raw_mode(0o700))?;
        // From here on it goes with this value, whatever fails.
        self.passing.push(path.to_owned());
        let inner = format!("{path}/tmp");
        rustix::fs::mkdir(inner.as_str(), Mode::from_raw_mode(0o700))?;
        // Whatever the mask is.
        rustix::fs::chmod(inner.as_str(), Mode::from_raw_mode(0o1777))
    }

    fn link(&mut self, path: &str, link: &str, passing: bool) -> Result<(), Errno> {
        make_parents(link)?;
        let target = relative(path, link);
        match symlink(&target, link) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let same = fs::read_link(link).is_ok_and(|old| old == Path::new(&target));
                if !same {
                    return Err(Errno::EXIST);
                }
            }
            Err(error) => return Err(errno(&error)),
        }
        if passing {
            self.passing.push(link.to_owned());
        }
        Ok(())
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Makes the directory that keeps private ones from everybody else.
fn make_guard(guard: &str) -> Result<(), Errno> {
    make_parents(guard)?;
    match rustix::fs::mkdir(guard, Mode::from_raw_mode(0o700)) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(errno) => return Err(errno),
    }
    let found = fs::symlink_metadata(guard).map_err(|error| errno(&error))?;
    if !found.is_dir() {
        return Err(Errno::NOTDIR);
    }
    rustix::fs::chmod(guard, Mode::from_raw_mode(0o700))
}

/// Moves a directory of a service that had a lasting user to where those of passing users are.
fn hide(private: &str, public: &str) -> Result<(), Errno> {
    let is_directory = |path: &str| fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
    if is_directory(public) && !is_directory(private) {
        rustix::fs::rename(public, private)?;
    }
    Ok(())
}

/// Moves a directory of a service that had a passing user back.
fn show(public: &str, private: &str) -> Result<(), Errno> {
    let leads_there =
        fs::read_link(public).is_ok_and(|target| target == Path::new(&relative(private, public)));
    if leads_there {
        fs::remove_file(public).map_err(|error| errno(&error))?;
        return match rustix::fs::rename(private, public) {
            Err(Errno::NOENT) => Ok(()),
            result => result,
        };
    }
    Ok(())
}

fn make_parents(path: &str) -> Result<(), Errno> {
    let Some(parent) = Path::new(path).parent() else {
        return Ok(());
    };
    let make = || match rustix::fs::mkdir(parent, Mode::from_raw_mode(0o755)) {
        Err(Errno::EXIST) => Ok(()),
        result => result,
    };
    match (make(), parent.to_str()) {
        (Err(Errno::NOENT), Some(above)) => {
            make_parents(above)?;
            make()
        }
        (result, _) => result,
    }
}

/// A path as it is seen from the folder of another one.
fn relative(path: &str, from: &str) -> String {
    let parts: Vec<&str> = path.split('/').collect();
    let folders: Vec<&str> = from.split('/').collect();
    let folders = folders.split_last().map_or(&[][..], |(_, folders)| folders);
    let common = parts
        .iter()
        .zip(folders)
        .take_while(|(a, b)| a == b)
        .count();
    let up = folders.len() - common;
    let mut target: Vec<&str> = vec![".."; up];
    target.extend(parts.iter().skip(common));
    target.join("/")
}

/// Gives a directory and all in it to an owner, unless it is theirs already.
fn give(directory: &OwnedFd, owner: Owner) -> Result<(), Errno> {
    let (uid, gid) = owner;
    let found = rustix::fs::fstat(directory)?;
    let is_theirs = |want: Option<u32>, has: u32| want.is_none_or(|want| want == has);
    if is_theirs(uid, found.st_uid) && is_theirs(gid, found.st_gid) {
        return Ok(());
    }
    let uid = uid.map(Uid::from_raw);
    let gid = gid.map(Gid::from_raw);
    let mut open = vec![Dir::read_from(directory)?];
    while let Some(dir) = open.last_mut() {
        let Some(entry) = dir.next() else {
            open.pop();
            continue;
        };
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let folder = dir.fd()?;
        match rustix::fs::chownat(folder, name, uid, gid, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => continue,
            result => result?,
        }
        if entry.file_type() == FileType::Directory {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let below = rustix::fs::openat(folder, name, flags, Mode::empty())?;
            open.push(Dir::new(below)?);
        }
    }
    // At last, so that what was broken off is begun again.
    rustix::fs::fchown(directory.as_fd(), uid, gid)
}

fn errno(error: &io::Error) -> Errno {
    error
        .raw_os_error()
        .map_or(Errno::IO, Errno::from_raw_os_error)
}

#[cfg(test)]
mod tests {
    use super::relative;

    #[test]
    fn links_are_relative() {
        assert_eq!(
            relative("/var/lib/private/a/b", "/var/lib/a/b"),
            "../private/a/b"
        );
        assert_eq!(relative("/var/lib/private/a", "/var/lib/a"), "private/a");
        assert_eq!(relative("/run/a", "/run/b/c"), "../a");
    }
}
