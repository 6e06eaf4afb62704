//! What libraries and runtimes open, by the names of their files.

use super::Certainty::{self, Likely, Possible};
use std::path::PathBuf;

use super::Collector;
use crate::names;

/// What one library opens.
struct Library {
    /// Patterns for the names of its files.
    names: &'static [&'static str],
    /// Absolute paths, and ones beside the file. `{version}` stands for the version behind the
    /// pattern, `{lib}` for the directory of the C library. Those that end in `.so` are loaded,
    /// with what they need.
    paths: &'static [&'static str],
    why: &'static str,
    certainty: Certainty,
}

pub(super) fn collect(collector: &mut Collector<'_>) {
    for (file, kind, name) in collector.names() {
        for library in LIBRARIES {
            let mut patterns = library.names.iter();
            let version = patterns.find_map(|pattern| names::version(kind, pattern, &name));
            if let Some(version) = version {
                list(collector, file, library, version);
            }
        }
    }
}

fn list(collector: &mut Collector<'_>, file: usize, library: &Library, version: &str) {
    let (why, certainty) = (library.why, library.certainty);
    for path in library.paths {
        if path.contains("{version}") && version.is_empty() {
            continue;
        }
        let path = path.replace("{version}", version);
        let paths: Vec<PathBuf> = match path.strip_prefix("{lib}/") {
            _ if path.starts_with('/') => vec![path.into()],
            Some(path) => collector
                .library_directories(file)
                .iter()
                .map(|it| it.join(path))
                .collect(),
            None => collector
                .directories(file)
                .iter()
                .map(|it| it.join(&path))
                .collect(),
        };
        let Some(path) = collector.existing(paths) else {
            continue;
        };
        match collector.process(file) {
            Some(process) if path.extension() == Some("so".as_ref()) => {
                collector.module(process, path.as_os_str(), file, why, certainty);
            }
            _ => collector.path(path, file, why, certainty),
        }
    }
}

const CERTIFICATES: &[&str] = &[
    "/etc/ssl/certs",
    "/etc/pki/tls/certs",
    "/etc/pki/ca-trust/extracted",
    "/etc/ca-certificates/extracted",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
];

const LIBRARIES: &[Library] = &[
    Library {
        names: &["libcrypto"],
        paths: &[
            "/etc/ssl/openssl.cnf",
            "/etc/pki/tls/openssl.cnf",
            "/usr/lib/ssl/openssl.cnf",
            "/etc/crypto-policies/back-ends/opensslcnf.config",
        ],
        why: "reads OpenSSL's configuration",
        certainty: Likely,
    },
    Library {
        names: &["libcrypto"],
        paths: &["ossl-modules", "engines-3", "engines-1.1"],
        why: "loads OpenSSL's providers and engines when the configuration names them",
        certainty: Possible,
    },
    Library {
        names: &["libssl", "libgnutls", "libssl3"],
        paths: CERTIFICATES,
        why: "verifies the certificates of servers",
        certainty: Possible,
    },
    Library {
        names: &["libgnutls"],
        paths: &[
            "/etc/gnutls/config",
            "/etc/crypto-policies/back-ends/gnutls.config",
        ],
        why: "reads GnuTLS's configuration",
        certainty: Possible,
    },
    Library {
        names: &["libp11-kit"],
        paths: &["pkcs11", "/etc/pkcs11", "/usr/share/p11-kit/modules"],
        why: "loads modules for keys and certificates (PKCS #11)",
        certainty: Possible,
    },
    Library {
        names: &["libnss3"],
        paths: &[
            "libsoftokn3.so",
            "libfreebl3.so",
            "libfreeblpriv3.so",
            "libnssckbi.so",
            "nss",
            "/etc/pki/nssdb",
        ],
        why: "loads the modules of Mozilla's cryptography",
        certainty: Likely,
    },
    Library {
        names: &["libsasl2"],
        paths: &["sasl2", "/etc/sasl2"],
        why: "loads modules for authentication (SASL)",
        certainty: Likely,
    },
    Library {
        names: &["libkrb5"],
        paths: &[
            "/etc/krb5.conf",
            "/etc/krb5.conf.d",
            "/etc/krb5.keytab",
            "krb5/plugins",
        ],
        why: "authenticates with Kerberos",
        certainty: Possible,
    },
    Library {
        names: &["libldap", "libldap_r"],
        paths: &["/etc/ldap/ldap.conf", "/etc/openldap/ldap.conf"],
        why: "reads OpenLDAP's configuration",
        certainty: Possible,
    },
    Library {
        names: &["libgio-2.0"],
        paths: &["gio/modules", "/usr/share/glib-2.0/schemas"],
        why: "loads GLib's modules and schemas",
        certainty: Possible,
    },
    Library {
        names: &["libmagic"],
        paths: &[
            "/etc/magic",
            "/usr/lib/file/magic.mgc",
            "/usr/share/misc/magic.mgc",
        ],
        why: "recognises types of files",
        certainty: Likely,
    },
    Library {
        names: &["libdbus-1"],
        paths: &["/run/dbus/system_bus_socket", "/etc/machine-id"],
        why: "talks over D-Bus",
        certainty: Likely,
    },
    Library {
        names: &["libselinux"],
        paths: &["/etc/selinux/config"],
        why: "reads SELinux's configuration",
        certainty: Possible,
    },
    Library {
        names: &["libtirpc"],
        paths: &["/etc/netconfig"],
        why: "reads the transports of RPC",
        certainty: Likely,
    },
    Library {
        names: &["libfontconfig"],
        paths: &[
            "/etc/fonts",
            "/usr/share/fonts",
            "/usr/share/fontconfig",
            "/var/cache/fontconfig",
        ],
        why: "finds fonts",
        certainty: Likely,
    },
    Library {
        names: &["libcares"],
        paths: &["/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf"],
        why: "looks up hosts",
        certainty: Likely,
    },
    Library {
        names: &["libmariadb", "libmysqlclient"],
        paths: &["/etc/mysql", "/etc/my.cnf", "{lib}/libmariadb3/plugin"],
        why: "reads the configuration of MySQL's and MariaDB's clients",
        certainty: Possible,
    },
    Library {
        names: &["python", "libpython"],
        paths: &[
            "/usr/lib/python{version}",
            "/usr/lib64/python{version}",
            "/usr/local/lib/python{version}",
            "/usr/lib/python3",
            "/etc/python{version}",
            "../lib/python{version}",
        ],
        why: "is the library of Python, without which nothing starts",
        certainty: Likely,
    },
    Library {
        names: &["perl", "libperl"],
        paths: &[
            "/etc/perl",
            "/usr/share/perl",
            "/usr/share/perl5",
            "/usr/lib/perl5",
            "/usr/lib64/perl5",
            "/usr/local/lib/perl5",
            "/usr/local/share/perl",
            "{lib}/perl",
            "{lib}/perl5",
            "{lib}/perl-base",
        ],
        why: "is the library of Perl",
        certainty: Likely,
    },
    Library {
        names: &["ruby", "libruby"],
        paths: &[
            "/usr/lib/ruby",
            "/usr/share/ruby",
            "/usr/share/rubygems-integration",
            "/var/lib/gems",
            "{lib}/ruby",
        ],
        why: "is the library of Ruby",
        certainty: Likely,
    },
    Library {
        names: &["php", "php-fpm", "php-cgi"],
        paths: &[
            "/etc/php",
            "/etc/php.ini",
            "/etc/php.d",
            "/usr/lib/php",
            "/usr/lib64/php",
        ],
        why: "is the configuration and the modules of PHP",
        certainty: Likely,
    },
    Library {
        names: &["libjli"],
        paths: &[
            "modules",
            "server/libjvm.so",
            "libjava.so",
            "jvm.cfg",
            "server",
            "security",
            "../conf",
        ],
        why: "is a part of the Java virtual machine, without which it does not start",
        certainty: Likely,
    },
    Library {
        names: &["node", "nodejs", "libnode"],
        paths: &[
            "/usr/share/nodejs",
            "/usr/lib/node_modules",
            "/usr/local/lib/node_modules",
        ],
        why: "is the library of Node.js",
        certainty: Possible,
    },
    Library {
        names: &["bash"],
        paths: &["/etc/profile", "/etc/bash.bashrc"],
        why: "is read by a shell that is interactive or for a login",
        certainty: Possible,
    },
];
