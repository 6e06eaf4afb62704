//! A socket unit as data.

use std::path::PathBuf;
use std::sync::Arc;

use unitward_settings::boolean;
use unitward_unit::words::{Mode, Words};
use unitward_unit::{HostFacts, Origin, SourceFile, Specifiers, Unit};

use super::address::{Address, Listen};

/// A socket unit: what it opens, and how.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SocketUnit {
    /// Its name.
    pub name: String,
    /// The files that the lines of [`Listen`] are in.
    pub files: Vec<Arc<SourceFile>>,
    /// What it opens, in order.
    pub listen: Vec<Listen>,
    /// Whether each connection starts an instance of the service.
    pub accept: bool,
    /// The service, when it is not the one of the same name.
    pub service: Option<String>,
    /// What the service finds in `$LISTEN_FDNAMES`.
    pub descriptor_name: String,
    /// The number of connections that may wait.
    pub backlog: u32,
    /// The mode of sockets and FIFOs.
    pub mode: u32,
    /// The mode of directories above them.
    pub directory_mode: u32,
    /// Their owner.
    pub user: Option<String>,
    /// Their group.
    pub group: Option<String>,
    /// Whether they are removed in the end.
    pub remove_on_stop: bool,
    /// Links that point to the socket.
    pub links: Vec<String>,
    /// Whether sockets of version 6 also hear version 4.
    pub bind_ipv6_only: BindIpv6Only,
    pub(super) flags: Flags,
    /// Directives that say something about sockets and that unitward does not apply.
    pub unknown: Vec<(String, Origin)>,
}

/// `BindIPv6Only=`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BindIpv6Only {
    /// As the kernel is set.
    #[default]
    Default,
    /// Both versions.
    Both,
    /// Version 6 only.
    Ipv6Only,
}

/// Options of sockets that are on or off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flags {
    pub(super) free_bind: bool,
    pub(super) reuse_port: bool,
    pub(super) no_delay: bool,
    pub(super) keep_alive: bool,
    pub(super) broadcast: bool,
    pub(super) pass_credentials: bool,
}

impl SocketUnit {
    /// Reads a loaded unit. `version` is that of systemd, for specifiers.
    #[must_use]
    pub fn read(unit: &Unit, facts: &HostFacts, version: u16) -> Self {
        let fragment: Option<PathBuf> = unit.fragment().map(|file| file.path.clone());
        let specifiers = Specifiers {
            name: &unit.name,
            fragment: fragment.as_deref(),
            facts,
            systemd: version,
            slice: None,
        };
        let mut socket = Self {
            name: unit.name.as_str().to_owned(),
            files: unit.files.clone(),
            listen: Vec::new(),
            accept: false,
            service: None,
            descriptor_name: unit.name.as_str().to_owned(),
            backlog: u32::MAX,
            mode: 0o666,
            directory_mode: 0o755,
            user: None,
            group: None,
            remove_on_stop: false,
            links: Vec::new(),
            bind_ipv6_only: BindIpv6Only::Default,
            flags: Flags::default(),
            unknown: Vec::new(),
        };
        for (origin, assignment) in unit.assignments() {
            if assignment.section != "Socket" {
                continue;
            }
            let text = assignment.value.text();
            // A line with an unknown specifier is ignored, as systemd does.
            if let Ok(value) = specifiers.expand(text) {
                socket.assign(assignment.key, &value, origin);
            }
        }
        socket
    }

    fn assign(&mut self, key: &str, value: &str, origin: Origin) {
        let set = |flag: &mut bool| {
            if let Some(on) = boolean(value) {
                *flag = on;
            }
        };
        let octal = |mode: &mut u32| {
            if let Ok(bits) = u32::from_str_radix(value, 8) {
                *mode = bits & 0o7777;
            }
        };
        let text = || (!value.is_empty()).then(|| value.to_owned());
        match key {
            "ListenStream" => self.add("ListenStream", value, origin),
            "ListenDatagram" => self.add("ListenDatagram", value, origin),
            "ListenSequentialPacket" => self.add("ListenSequentialPacket", value, origin),
            "ListenFIFO" => self.add("ListenFIFO", value, origin),
            "ListenSpecial" => self.add("ListenSpecial", value, origin),
            "ListenNetlink" => self.add("ListenNetlink", value, origin),
            "ListenMessageQueue" => self.add("ListenMessageQueue", value, origin),
            "ListenUSBFunction" => self.add("ListenUSBFunction", value, origin),
            "Accept" => set(&mut self.accept),
            "Service" => self.service = text(),
            "FileDescriptorName" => {
                self.descriptor_name = text().unwrap_or_else(|| self.name.clone());
            }
            "Backlog" => self.backlog = value.parse().unwrap_or(self.backlog),
            "SocketMode" => octal(&mut self.mode),
            "DirectoryMode" => octal(&mut self.directory_mode),
            "SocketUser" => self.user = text(),
            "SocketGroup" => self.group = text(),
            "RemoveOnStop" => set(&mut self.remove_on_stop),
            "Symlinks" if value.is_empty() => self.links.clear(),
            "Symlinks" => {
                let words = Words::new(value, Mode::UNQUOTE).map_while(Result::ok);
                self.links.extend(words.map(|word| word.text.into_owned()));
            }
            "BindIPv6Only" => {
                self.bind_ipv6_only = match value {
                    "both" => BindIpv6Only::Both,
                    "ipv6-only" => BindIpv6Only::Ipv6Only,
                    "default" => BindIpv6Only::Default,
                    _ => self.bind_ipv6_only,
                };
            }
            "FreeBind" => set(&mut self.flags.free_bind),
            "ReusePort" => set(&mut self.flags.reuse_port),
            "NoDelay" => set(&mut self.flags.no_delay),
            "KeepAlive" => set(&mut self.flags.keep_alive),
            "Broadcast" => set(&mut self.flags.broadcast),
            "PassCredentials" => set(&mut self.flags.pass_credentials),
            // They limit how often, and do not change what a service is given.
            "FlushPending"
            | "MaxConnections"
            | "MaxConnectionsPerSource"
            | "Writable"
            | "TriggerLimitIntervalSec"
            | "TriggerLimitBurst"
            | "PollLimitIntervalSec"
            | "PollLimitBurst"
            | "Timestamping"
            | "TimeoutSec" => {}
            _ if key.starts_with("X-") => {}
            _ => self.unknown.push((key.to_owned(), origin)),
        }
    }

    /// An empty line forgets all that was to be opened before.
    fn add(&mut self, directive: &'static str, value: &str, origin: Origin) {
        if value.is_empty() {
            self.listen.clear();
            return;
        }
        let address = match directive {
            "ListenStream" | "ListenDatagram" | "ListenSequentialPacket" => Address::parse(value),
            "ListenFIFO" | "ListenSpecial" if value.starts_with('/') => {
                Address::Path(value.to_owned())
            }
            _ => Address::Unknown(value.to_owned()),
        };
        self.listen.push(Listen {
            directive,
            address,
            origin,
        });
    }
}
