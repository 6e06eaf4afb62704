//! Opening what a socket unit asks for.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{CWD, Gid, Mode, OFlags, Uid};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, ipproto, sockopt};

use super::address::{Address, Listen, everywhere};
use super::unit::{BindIpv6Only, SocketUnit};
use crate::{Cause, Failure, users};

/// The descriptors of a socket unit. With the value go the sockets in the file system that are not to stay.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) name: String,
    pub(crate) descriptors: Vec<OwnedFd>,
    paths: Vec<String>,
}

impl SocketUnit {
    /// Opens everything, in order.
    pub(crate) fn bind(&self) -> Result<Bound, Failure> {
        let mut bound = Bound {
            name: self.descriptor_name.clone(),
            descriptors: Vec::new(),
            paths: Vec::new(),
        };
        for listen in &self.listen {
            let fd = self.open(listen).map_err(|errno| {
                let step = format!("{}={} of {}", listen.directive, listen.address, self.name);
                Failure::refused(Cause::ALWAYS, format!("open {step}")).with_errno(errno)
            })?;
            if let Address::Path(path) = &listen.address {
                self.give_away(path)?;
                if self.remove_on_stop {
                    bound.paths.push(path.clone());
                }
                for link in &self.links {
                    // An older link of another run is in the way.
                    let _ = rustix::fs::unlink(link.as_str());
                    if rustix::fs::symlink(path.as_str(), link.as_str()).is_ok()
                        && self.remove_on_stop
                    {
                        bound.paths.push(link.clone());
                    }
                }
            }
            bound.descriptors.push(fd);
        }
        Ok(bound)
    }

    fn open(&self, listen: &Listen) -> Result<OwnedFd, Errno> {
        match (listen.directive, &listen.address) {
            (_, Address::Unknown(_)) => Err(Errno::AFNOSUPPORT),
            ("ListenFIFO", Address::Path(path)) => {
                self.make_above(path);
                let made = self.under_mode(|| {
                    rustix::fs::mkfifoat(CWD, path.as_str(), Mode::from_raw_mode(self.mode))
                });
                match made {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(errno) => return Err(errno),
                }
                open_file(path, OFlags::RDWR)
            }
            ("ListenSpecial", Address::Path(path)) => open_file(path, OFlags::RDONLY),
            (directive, address) => {
                let kind = match directive {
                    "ListenDatagram" => SocketType::DGRAM,
                    "ListenSequentialPacket" => SocketType::SEQPACKET,
                    _ => SocketType::STREAM,
                };
                let fd = self.socket(kind, address)?;
                if kind != SocketType::DGRAM {
                    let backlog = i32::try_from(self.backlog).unwrap_or(i32::MAX);
                    rustix::net::listen(&fd, backlog)?;
                }
                Ok(fd)
            }
        }
    }

    /// A socket that is bound.
    fn socket(&self, kind: SocketType, address: &Address) -> Result<OwnedFd, Errno> {
        match address {
            Address::Path(path) => {
                let fd = new(AddressFamily::UNIX, kind)?;
                self.set_common(&fd)?;
                let address = SocketAddrUnix::new(path.as_str())?;
                self.make_above(path);
                let bind = || self.under_mode(|| rustix::net::bind(&fd, &address));
                match bind() {
                    // A socket that nobody listens on any more.
                    Err(Errno::ADDRINUSE) => {
                        rustix::fs::unlink(path.as_str())?;
                        bind()?;
                    }
                    result => result?,
                }
                Ok(fd)
            }
            Address::Abstract(name) => {
                let fd = new(AddressFamily::UNIX, kind)?;
                self.set_common(&fd)?;
                rustix::net::bind(&fd, &SocketAddrUnix::new_abstract_name(name.as_bytes())?)?;
                Ok(fd)
            }
            Address::Internet(address) => self.internet(kind, *address),
            Address::Port(port) => match self.internet(kind, everywhere(*port)) {
                Err(Errno::AFNOSUPPORT | Errno::ADDRNOTAVAIL) => {
                    self.internet(kind, ([0, 0, 0, 0], *port).into())
                }
                result => result,
            },
            Address::Unknown(_) => Err(Errno::AFNOSUPPORT),
        }
    }

    fn internet(&self, kind: SocketType, address: SocketAddr) -> Result<OwnedFd, Errno> {
        let family = if address.is_ipv6() {
            AddressFamily::INET6
        } else {
            AddressFamily::INET
        };
        let fd = new(family, kind)?;
        match self.bind_ipv6_only {
            BindIpv6Only::Default => {}
            _ if address.is_ipv4() => {}
            mode => sockopt::set_ipv6_v6only(&fd, mode == BindIpv6Only::Ipv6Only)?,
        }
        sockopt::set_socket_reuseaddr(&fd, true)?;
        let flags = self.flags;
        if flags.reuse_port {
            sockopt::set_socket_reuseport(&fd, true)?;
        }
        if flags.free_bind {
            sockopt::set_ip_freebind(&fd, true)?;
        }
        if flags.no_delay && kind == SocketType::STREAM {
            sockopt::set_tcp_nodelay(&fd, true)?;
        }
        self.set_common(&fd)?;
        rustix::net::bind(&fd, &address)?;
        Ok(fd)
    }

    fn set_common(&self, fd: &OwnedFd) -> Result<(), Errno> {
        let flags = self.flags;
        if flags.keep_alive {
            sockopt::set_socket_keepalive(fd, true)?;
        }
        if flags.broadcast {
            sockopt::set_socket_broadcast(fd, true)?;
        }
        if flags.pass_credentials {
            sockopt::set_socket_passcred(fd, true)?;
        }
        Ok(())
    }

    /// Does something under a file mode creation mask that leaves just the mode of sockets.
    fn under_mode<T>(&self, make: impl FnOnce() -> T) -> T {
        let before = rustix::process::umask(Mode::from_raw_mode(!self.mode & 0o777));
        let made = make();
        rustix::process::umask(before);
        made
    }

    /// Makes the directories above a path. What cannot be made shows when the path is used.
    fn make_above(&self, path: &str) {
        use std::os::unix::fs::DirBuilderExt as _;
        if let Some(above) = Path::new(path).parent() {
            let _ = std::fs::DirBuilder::new()
                .recursive(true)
                .mode(self.directory_mode)
                .create(above);
        }
    }

    /// Gives a path to the owner that the unit names.
    fn give_away(&self, path: &str) -> Result<(), Failure> {
        let user = self.user.as_ref();
        let account = user
            .map(|name| users::find(name, Cause::ALWAYS))
            .transpose()?;
        let group = self.group.as_ref();
        let group = group
            .map(|name| users::find_group(name, Cause::ALWAYS))
            .transpose()?;
        let gid = group.or_else(|| account.as_ref().and_then(|account| account.gid));
        if account.is_none() && gid.is_none() {
            return Ok(());
        }
        let uid = account.map(|account| Uid::from_raw(account.uid));
        rustix::fs::chown(path, uid, gid.map(Gid::from_raw)).map_err(|errno| {
            Failure::refused(Cause::ALWAYS, format!("change the owner of {path}")).with_errno(errno)
        })
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        for path in &self.paths {
            // Somebody else may have removed it.
            let _ = rustix::fs::unlink(path.as_str());
        }
    }
}

fn new(family: AddressFamily, kind: SocketType) -> Result<OwnedFd, Errno> {
    let protocol =
        (family != AddressFamily::UNIX && kind == SocketType::STREAM).then_some(ipproto::TCP);
    rustix::net::socket_with(family, kind, SocketFlags::CLOEXEC, protocol)
}

fn open_file(path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
    let flags = flags | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
    rustix::fs::open(path, flags, Mode::empty())
}
