//! The daemons.

/// A daemon, its unit, and what is known about it.
///
/// `daemons/NAME.sh` has shell functions for each: `prepare` configures it, `works` is the shortest check that it serves,
/// `workload` uses it as its clients do, log rotation included, `wider_workload` in ways that `workload` does not. For
/// those that can be reloaded, `change` alters the configuration and `changed` checks that it took effect.
/// `daemons/NAME.conf` is what hardens it besides `daemons/hardened.conf`.
#[derive(Debug)]
#[non_exhaustive]
pub struct Daemon {
    /// The name of its files here.
    pub name: &'static str,
    /// The Debian package that it comes with.
    pub package: &'static str,
    /// The program of the daemon, which says whether the package is installed.
    pub program: &'static str,
    /// The unit, as a word that the shell expands.
    pub unit: &'static str,
    /// Whether the unit can be reloaded.
    pub reload: Reload,
    /// When it is tested.
    pub part: Part,
    /// Whether it runs other users' sessions or programs, so that no sandbox of its own can keep these from anything.
    pub sessions: Sessions,
    /// What the daemon itself leaves behind under any manager, some of it only when it is killed: the beginnings of paths,
    /// and other kinds of things that [`Host`](unitward_escapes::host::Host) sees.
    pub leaves: &'static [&'static str],
}

/// Whether a unit can be reloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reload {
    /// By its `ExecReload=`.
    Unit,
    /// It has no way to.
    None,
}

/// Whether a daemon runs sessions or programs of other users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sessions {
    /// It does.
    OfOthers,
    /// It does not.
    None,
}

/// When a daemon is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// By `cargo xtask test`.
    Usual,
    /// By `cargo xtask test --full`.
    Full,
}

impl Daemon {
    /// The daemon of this name.
    #[must_use]
    pub fn of(name: &str) -> Option<&'static Self> {
        DAEMONS.iter().find(|daemon| daemon.name == name)
    }

    /// A shell command for a function of its file, to be run in its world.
    #[must_use]
    pub fn command(&self, function: &str) -> String {
        let folder = crate::world::FOLDER;
        format!(
            ". {folder}/common.sh && . {folder}/{}.sh && {function}",
            self.name
        )
    }
}

/// The programs that clients and worlds need, each with its Debian package.
pub const CLIENTS: &[(&str, &str)] = &[
    ("/usr/bin/curl", "curl"),
    ("/usr/bin/perl", "perl-base"),
    ("/usr/bin/ssh", "openssh-client"),
    ("/bin/ip", "iproute2"),
    ("/usr/bin/pkill", "procps"),
];

/// The daemons.
pub const DAEMONS: &[Daemon] = &[
    Daemon {
        name: "nginx",
        package: "nginx",
        program: "/usr/sbin/nginx",
        unit: "nginx.service",
        reload: Reload::Unit,
        part: Part::Usual,
        sessions: Sessions::None,
        leaves: &["/var/lib/nginx", "/var/log/nginx"],
    },
    Daemon {
        name: "apache2",
        package: "apache2",
        program: "/usr/sbin/apache2",
        unit: "apache2.service",
        reload: Reload::Unit,
        part: Part::Full,
        sessions: Sessions::None,
        leaves: &[
            "/run/apache2",
            "/run/lock/apache2",
            "/var/cache/apache2",
            "/var/log/apache2",
        ],
    },
    Daemon {
        name: "redis",
        package: "redis-server",
        program: "/usr/bin/redis-server",
        unit: "redis-server.service",
        reload: Reload::None,
        part: Part::Usual,
        sessions: Sessions::None,
        leaves: &["/var/lib/redis", "/var/log/redis"],
    },
    Daemon {
        name: "postgresql",
        package: "postgresql",
        program: "/usr/bin/pg_ctlcluster",
        unit: "postgresql@$(ls /etc/postgresql | tail -n 1)-main.service",
        reload: Reload::Unit,
        part: Part::Full,
        sessions: Sessions::None,
        leaves: &[
            "segment",
            "/dev/shm/PostgreSQL",
            "/run/postgresql",
            "/var/lib/postgresql",
            "/var/log/postgresql",
        ],
    },
    Daemon {
        name: "memcached",
        package: "memcached",
        program: "/usr/bin/memcached",
        unit: "memcached.service",
        reload: Reload::None,
        part: Part::Usual,
        sessions: Sessions::None,
        leaves: &["/run/memcached"],
    },
    Daemon {
        name: "chrony",
        package: "chrony",
        program: "/usr/sbin/chronyd",
        unit: "chrony.service",
        reload: Reload::None,
        part: Part::Full,
        sessions: Sessions::None,
        leaves: &["/var/lib/chrony", "/var/log/chrony"],
    },
    Daemon {
        name: "unbound",
        package: "unbound",
        program: "/usr/sbin/unbound",
        unit: "unbound.service",
        reload: Reload::Unit,
        part: Part::Full,
        sessions: Sessions::None,
        leaves: &["/run/unbound.ctl", "/var/lib/unbound"],
    },
    Daemon {
        name: "openssh",
        package: "openssh-server",
        program: "/usr/sbin/sshd",
        unit: "ssh.service",
        reload: Reload::Unit,
        part: Part::Full,
        sessions: Sessions::OfOthers,
        leaves: &["/home/guest", "/run/motd", "/run/sshd.pid", "/var/log/"],
    },
    Daemon {
        name: "dnsmasq",
        package: "dnsmasq",
        program: "/usr/sbin/dnsmasq",
        unit: "dnsmasq.service",
        reload: Reload::Unit,
        part: Part::Full,
        sessions: Sessions::None,
        leaves: &["/run/dnsmasq"],
    },
    Daemon {
        name: "haproxy",
        package: "haproxy",
        program: "/usr/sbin/haproxy",
        unit: "haproxy.service",
        reload: Reload::Unit,
        part: Part::Full,
        sessions: Sessions::None,
        leaves: &["/run/haproxy", "/var/lib/haproxy/dev/log"],
    },
    Daemon {
        name: "rsyslog",
        package: "rsyslog",
        program: "/usr/sbin/rsyslogd",
        unit: "rsyslog.service",
        reload: Reload::None,
        part: Part::Full,
        sessions: Sessions::None,
        leaves: &[
            "/run/systemd/journal/syslog",
            "/var/lib/haproxy/dev/log",
            "/var/log",
            "/var/spool/rsyslog",
        ],
    },
    Daemon {
        name: "cron",
        package: "cron",
        program: "/usr/sbin/cron",
        unit: "cron.service",
        reload: Reload::None,
        part: Part::Usual,
        sessions: Sessions::OfOthers,
        leaves: &["/run/crond", "/var/lib/cron-"],
    },
];
