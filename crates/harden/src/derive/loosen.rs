//! The smallest change of a proposal that allows something.

use std::collections::{BTreeMap, BTreeSet};

use unitward_catalog::Capability;
use unitward_seccomp::{Sets, Syscall, SyscallSet};

use super::calls;
use super::proposal::{Content, Line, Proposal, Value, Weaker};
use super::text;
use super::view::is_below;
use super::writes::{ancestors, parent};

/// What is to be allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Loosening {
    /// A system call by its name, with its family.
    Call(String),
    /// A capability by its name.
    Capability(String),
    /// A path, in a way.
    Path {
        /// Which.
        path: String,
        /// How.
        access: Access,
    },
    /// A family of addresses, such as `AF_NETLINK`.
    Family(String),
    /// A kind of namespace, such as `user`.
    Namespace(String),
    /// A device, by its path, with the letters of its rights.
    Device {
        /// Which.
        path: String,
        /// `r`, `w` or `rw`.
        rights: String,
    },
    /// A port that is bound, as `SocketBindAllow=` has it.
    Port(String),
    /// An address or a network that is reached, as `IPAddressAllow=` has it.
    Network(String),
    /// The next weaker value of the line.
    Step,
}

/// A way to use a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It is read, or looked at.
    Read,
    /// It is written, and stays where it is.
    Write,
    /// It is made, removed or given another name: its directory is written.
    Create,
    /// It is executed or mapped as code.
    Execute,
}

/// A change of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The directive that was asked for.
    pub directive: &'static str,
    /// Its value before; none when there was no line.
    pub before: Option<Value>,
    /// Its value now; none when the line is gone.
    pub after: Option<Value>,
    /// Another directive that says more now, with its value.
    pub with: Option<(&'static str, Value)>,
}

impl Proposal {
    /// Makes the smallest change of a line that allows something; none when there is no such line, or nothing to loosen.
    ///
    /// What the unit itself says is not changed.
    pub fn loosen(&mut self, directive: &str, how: Loosening) -> Option<Change> {
        let at = self.place(directive)?;
        if self.is_of_root(directive, &how)
            && let Some(otherwise) = self.otherwise.take()
        {
            let before = self.lines.get(at)?.value.clone();
            *self = *otherwise;
            return Some(Change {
                directive: "User",
                before: Some(before),
                after: None,
                with: None,
            });
        }
        if let Some(change) = self.loosen_item(directive, &how) {
            return Some(change);
        }
        let line = self.lines.get(at)?;
        let (directive, before) = (line.directive, line.value.clone());
        let with = self.step(at)?;
        Some(self.change(directive, before, with))
    }

    /// Lets a line allow one thing more; none when there is no such line, when it allows that already, or when there is
    /// nothing smaller than its next step.
    pub fn loosen_item(&mut self, directive: &str, how: &Loosening) -> Option<Change> {
        let at = self.place(directive)?;
        let line = self.lines.get(at)?;
        let (directive, before) = (line.directive, line.value.clone());
        let with = self.item(at, how);
        let now = self.line(directive);
        let is_changed = now.is_none_or(|line| line.value != before) || with.is_some();
        is_changed.then(|| self.change(directive, before, with))
    }

    fn place(&self, directive: &str) -> Option<usize> {
        self.lines
            .iter()
            .position(|line| line.directive == directive)
    }

    fn change(
        &self,
        directive: &'static str,
        before: Value,
        with: Option<(&'static str, Value)>,
    ) -> Change {
        Change {
            directive,
            before: Some(before),
            after: self.line(directive).map(|line| line.value.clone()),
            with,
        }
    }

    /// Whether only a service that starts as root can have this.
    fn is_of_root(&self, directive: &str, how: &Loosening) -> bool {
        match how {
            Loosening::Step => matches!(directive, "User" | "Group" | "AmbientCapabilities"),
            Loosening::Capability(_) => directive == "CapabilityBoundingSet",
            _ => false,
        }
    }

    /// The next weaker value.
    fn step(&mut self, at: usize) -> Option<Option<(&'static str, Value)>> {
        let line = self.lines.get_mut(at)?;
        let weaker = match line.weaker.is_empty() {
            true => Weaker::nothing(),
            false => line.weaker.remove(0),
        };
        match weaker.value {
            Some(value) => {
                line.value = value;
                line.content = Content::Plain;
                line.evidence
                    .push("Weaker than proposed at first: it did not work with less".to_owned());
            }
            None => {
                self.lines.remove(at);
            }
        }
        Some(weaker.with.map(|(directive, value)| {
            let value = Value::one(value);
            self.lines.push(Line {
                value: value.clone(),
                ..Line::plain(directive, "", Vec::new())
            });
            (directive, value)
        }))
    }

    /// Allows one item; gives the other line that was changed for it.
    fn item(&mut self, at: usize, how: &Loosening) -> Option<(&'static str, Value)> {
        let systemd = self.systemd;
        let line = self.lines.get_mut(at)?;
        let note = match (&mut line.content, how) {
            (Content::Calls(set), Loosening::Call(name)) => {
                let sets = Sets::of(systemd);
                let mut one = SyscallSet::EMPTY;
                one.insert(Syscall::by_name(name)?);
                let family = calls::closed(sets, &one);
                let native = *sets.native(unitward_seccomp::Arch::NATIVE);
                *set = set.union(&family.intersection(&native));
                format!("{name}(2)")
            }
            (Content::Capabilities(set), Loosening::Capability(name)) => {
                set.insert(Capability::by_name(name)?);
                name.clone()
            }
            (
                Content::Words { words, .. },
                Loosening::Family(word) | Loosening::Namespace(word),
            ) => {
                words.insert(word.clone());
                word.clone()
            }
            (_, Loosening::Path { path, access }) => return self.path(at, path, *access),
            (_, Loosening::Device { path, rights }) => return self.device(at, path, rights),
            (_, Loosening::Port(rule)) => return self.add(at, "SocketBindAllow", rule, ""),
            (_, Loosening::Network(network)) => {
                return self.add(at, "IPAddressAllow", network, "");
            }
            _ => return None,
        };
        line.write(systemd);
        line.evidence
            .push(format!("Widened by {note}, which the run inside needed"));
        None
    }

    fn path(&mut self, at: usize, path: &str, access: Access) -> Option<(&'static str, Value)> {
        let directive = self.lines.get(at)?.directive;
        let place = match access {
            Access::Create => parent(path),
            _ => path,
        };
        let is_written = matches!(access, Access::Write | Access::Create);
        let bind = if is_written {
            "BindPaths"
        } else {
            "BindReadOnlyPaths"
        };
        match directive {
            "ProtectSystem" | "ReadWritePaths" if is_written => {
                // Only what is there can be made writable; and when that is everything, a step does as much.
                let word = text::path(self.there(place).filter(|place| *place != "/")?)?;
                self.add(at, "ReadWritePaths", &word, "")
            }
            "NoExecPaths" | "ExecPaths" => {
                let word = text::path(path)?;
                self.add(at, "ExecPaths", &word, "")
            }
            "InaccessiblePaths" => {
                let line = self.lines.get_mut(at)?;
                let Content::Items(items) = &mut line.content else {
                    return None;
                };
                items.retain(|item, _| !is_below(path, item.trim_start_matches(['-', '+'])));
                if items.is_empty() {
                    self.lines.remove(at);
                } else {
                    line.write(self.systemd);
                }
                None
            }
            "ProtectHome" => {
                let value = self.lines.get(at)?.value.clone();
                if value == Value::one("read-only") {
                    let word = text::path(place)?;
                    return is_written.then(|| self.add(at, "ReadWritePaths", &word, ""))?;
                }
                let word = text::bind(place)?;
                self.lines.get_mut(at)?.value = Value::one("tmpfs");
                self.add(at, bind, &word, "")
            }
            "PrivateTmp" => {
                // What is new there cannot be bound: only what stands below the directory itself.
                let top =
                    ancestors(place).find(|above| matches!(parent(above), "/tmp" | "/var/tmp"))?;
                let word = text::bind(top)?;
                self.add(at, bind, &word, "")
            }
            "TemporaryFileSystem" | "BindReadOnlyPaths" | "BindPaths" => {
                let word = text::bind(place)?;
                let systemd = self.systemd;
                if is_written && let Some(line) = self.line_mut("BindReadOnlyPaths") {
                    if let Content::Items(items) = &mut line.content {
                        items.remove(&word);
                        items.remove(&format!("-{word}"));
                    }
                    line.write(systemd);
                }
                let at = self
                    .lines
                    .iter()
                    .position(|line| line.directive == directive)?;
                self.add(at, bind, &word, "")
            }
            _ => None,
        }
    }

    /// The path, or the nearest directory above it that is there.
    fn there<'p>(&self, path: &'p str) -> Option<&'p str> {
        ancestors(path).find(|above| {
            let outside = self.root.join(above.trim_start_matches('/'));
            outside.symlink_metadata().is_ok()
        })
    }

    /// Takes a policy of devices for a private /dev.
    fn device(&mut self, at: usize, path: &str, rights: &str) -> Option<(&'static str, Value)> {
        let word = text::path(path)?;
        let directive = self.lines.get(at)?.directive;
        if directive == "PrivateDevices" {
            let mut policy = Line::plain("DevicePolicy", "closed", Vec::new());
            policy.evidence.push(
                "In place of PrivateDevices=, with which the run inside did not work".to_owned(),
            );
            *self.lines.get_mut(at)? = policy;
        }
        self.add(at, "DeviceAllow", &word, rights)
    }

    fn line_mut(&mut self, directive: &str) -> Option<&mut Line> {
        self.lines
            .iter_mut()
            .find(|line| line.directive == directive)
    }

    /// Adds an item to a line, which is made behind another one when it is not there.
    fn add(
        &mut self,
        behind: usize,
        directive: &'static str,
        item: &str,
        more: &str,
    ) -> Option<(&'static str, Value)> {
        let systemd = self.systemd;
        if self.line_mut(directive).is_none() {
            let content = Content::Items(BTreeMap::new());
            let line = Line::of(directive, content, systemd, Vec::new());
            self.lines
                .insert(behind.saturating_add(1).min(self.lines.len()), line);
        }
        let line = self.line_mut(directive)?;
        let Content::Items(items) = &mut line.content else {
            return None;
        };
        if items
            .insert(item.to_owned(), more.to_owned())
            .is_some_and(|before| before == more)
        {
            return None;
        }
        line.write(systemd);
        line.evidence
            .push(format!("Widened by {item}, which the run inside needed"));
        Some((directive, line.value.clone()))
    }

    /// The words that a line has, for tests and reports.
    #[must_use]
    pub fn words(&self, directive: &str) -> BTreeSet<String> {
        self.line(directive)
            .map(|line| calls::words(&line.value))
            .unwrap_or_default()
    }
}
