//! The name service switch of the GNU C library, nsswitch.conf(5).

use std::ffi::OsString;

use super::Certainty::Possible;
use super::Collector;
use super::functions::Use;

const FILE: &str = "/etc/nsswitch.conf";
const FILE_MAX: u64 = 65_536;

/// Lists what the look-ups open beyond their plain files: the configuration and the modules of
/// the services that it names for the databases in question.
pub(super) fn collect(collector: &mut Collector<'_>, process: usize, libc: usize, uses: &[Use]) {
    let lookups = uses.iter().filter_map(|it| Some((it, it.group.database?)));
    let Some(certainty) = lookups.clone().map(|(it, _)| it.certainty).min() else {
        return;
    };
    collector.path(FILE, libc, "says where names are looked up", certainty);
    let nscd = "asks the cache of names (nscd) first, where it runs";
    collector.path("/run/nscd/socket", libc, nscd, Possible);
    let text = collector
        .root
        .read(FILE.as_ref(), FILE_MAX)
        .unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    for (
        Use {
            group,
            by,
            certainty,
        },
        database,
    ) in lookups
    {
        for service in services(&text, database) {
            // Since glibc 2.34 the C library has both of these in itself.
            let built_in = service == "files" || service == "dns";
            let of_module = if built_in { Possible } else { *certainty };
            let why = format!("{} ({service} in {FILE})", group.why);
            let module = OsString::from(format!("libnss_{service}.so.2"));
            collector.module(process, &module, libc, &why, of_module);
            let places = SERVICES.iter().filter(|row| row.0 == service);
            for path in places.flat_map(|row| row.1) {
                collector.path(path, *by, &why, *certainty);
            }
        }
    }
}

/// The services of a database, in their order. Without a line for `initgroups` that of `group`
/// counts.
fn services<'t>(text: &'t str, database: &str) -> Vec<&'t str> {
    let mut found = None;
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        if let Some((name, rest)) = line.split_once(':')
            && name.trim() == database
        {
            found = Some(rest);
        }
    }
    match found {
        Some(rest) => names(rest),
        None if database == "initgroups" => services(text, "group"),
        None => Vec::new(),
    }
}

/// The names outside of `[STATUS=ACTION]`. A name becomes part of a file's name.
fn names(list: &str) -> Vec<&str> {
    let outside = list.split('[').enumerate().filter_map(|(number, part)| {
        if number == 0 {
            Some(part)
        } else {
            part.split_once(']').map(|(_, behind)| behind)
        }
    });
    let words = outside.flat_map(str::split_whitespace);
    words
        .filter(|name| !name.contains('/') && name.len() < 64)
        .take(32)
        .collect()
}

/// Where services listen or keep their data.
const SERVICES: &[(&str, &[&str])] = &[
    (
        "systemd",
        &[
            "/run/systemd/userdb",
            "/etc/userdb",
            "/run/userdb",
            "/usr/lib/userdb",
        ],
    ),
    (
        "resolve",
        &[
            "/run/systemd/resolve/io.systemd.Resolve",
            "/run/dbus/system_bus_socket",
        ],
    ),
    (
        "mymachines",
        &["/run/systemd/machines", "/run/systemd/machine"],
    ),
    ("sss", &["/var/lib/sss/pipes", "/var/lib/sss/mc"]),
    ("ldap", &["/run/nslcd/socket"]),
    ("winbind", &["/run/samba/winbindd"]),
    ("mdns", &["/run/avahi-daemon/socket", "/etc/mdns.allow"]),
    ("mdns_minimal", &["/run/avahi-daemon/socket"]),
    ("mdns4", &["/run/avahi-daemon/socket", "/etc/mdns.allow"]),
    ("mdns4_minimal", &["/run/avahi-daemon/socket"]),
    ("mdns6", &["/run/avahi-daemon/socket", "/etc/mdns.allow"]),
    ("mdns6_minimal", &["/run/avahi-daemon/socket"]),
    ("extrausers", &["/var/lib/extrausers"]),
    ("db", &["/var/lib/misc", "/var/db"]),
    ("nis", &["/etc/yp.conf", "/etc/nsswitch.conf"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_read_as_the_c_library_does() {
        let text = "# comment\npasswd: files systemd # more\n hosts : files mdns4_minimal \
                    [NOTFOUND=return] resolve [!UNAVAIL=return success=merge] dns\ngroup:files\n\
                    shadow: ../x files\nhosts\n";
        assert_eq!(services(text, "passwd"), ["files", "systemd"]);
        assert_eq!(
            services(text, "hosts"),
            ["files", "mdns4_minimal", "resolve", "dns"]
        );
        assert_eq!(services(text, "initgroups"), ["files"]);
        assert_eq!(services(text, "shadow"), ["files"]);
        assert!(services(text, "ethers").is_empty());
    }
}
