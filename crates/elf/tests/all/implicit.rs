//! What programs open by themselves, on trees of made-up files.

use std::path::Path;

use unitward_elf::{Certainty, Closure, Implicit, implicit_dependencies};

use crate::support::{Elf, GLIBC, RUNPATH, Tree, glibc, library, program};

const LIBC: &str = "/lib/libc.so.6";

/// A tree with a program that needs the C library and `needs`, beside the loader.
fn tree(elf: Elf) -> Tree {
    let tree = Tree::new();
    tree.file(GLIBC, glibc().bytes())
        .file(LIBC, library().soname("libc.so.6").bytes())
        .file("/bin/p", elf.needs("libc.so.6").bytes());
    tree
}

fn implicit(tree: &Tree) -> (Closure, Vec<Implicit>) {
    let closure = tree.closure("/bin/p");
    let implicit = implicit_dependencies(&tree.root(), &closure);
    (closure, implicit)
}

fn paths(implicit: &[Implicit]) -> Vec<&str> {
    implicit
        .iter()
        .map(|it| it.path.to_str().unwrap())
        .collect()
}

#[test]
fn look_ups_of_users_load_the_modules_that_are_named() {
    let tree = tree(program().imports("getpwnam").imports("write"));
    tree.file("/etc/passwd", "")
        .file("/etc/hosts", "")
        .file(
            "/etc/nsswitch.conf",
            "passwd: files sss [NOTFOUND=return] none\nhosts: dns\n",
        )
        .file("/lib/libnss_sss.so.2", library().needs("libsss.so").bytes())
        .file("/lib/libnss_dns.so.2", library().bytes())
        .file("/lib/libsss.so", library().bytes())
        .file("/var/lib/sss/pipes/nss", "");
    let (closure, implicit) = implicit(&tree);
    assert_eq!(
        paths(&implicit),
        [
            "/etc/passwd",
            "/etc/nsswitch.conf",
            "/lib/libnss_sss.so.2",
            "/lib/libsss.so",
            "/var/lib/sss/pipes",
        ]
    );
    assert!(implicit.iter().all(|it| it.certainty == Certainty::Likely));
    assert_eq!(
        closure.path(Some(implicit[0].by)),
        Some(Path::new("/bin/p"))
    );
    assert_eq!(closure.path(Some(implicit[2].by)), Some(Path::new(LIBC)));
    assert_eq!(
        implicit[2].why,
        "looks up users (sss in /etc/nsswitch.conf)"
    );
    assert_eq!(implicit[3].why, "needed by /lib/libnss_sss.so.2");
}

#[test]
fn what_a_library_further_below_calls_is_possible() {
    let tree = tree(program().needs("liba.so"));
    tree.file(
        "/lib/liba.so",
        library().needs("libb.so").imports("getpwuid").bytes(),
    )
    .file("/lib/libb.so", library().imports("getaddrinfo").bytes())
    .file("/etc/passwd", "")
    .file("/etc/hosts", "");
    let (_, implicit) = implicit(&tree);
    let found: Vec<_> = implicit
        .iter()
        .map(|it| (it.path.to_str().unwrap(), it.certainty))
        .collect();
    assert_eq!(
        found,
        [
            ("/etc/hosts", Certainty::Possible),
            ("/etc/passwd", Certainty::Likely)
        ]
    );
}

#[test]
fn threads_that_are_ended_need_libgcc() {
    let tree = tree(program().imports("pthread_cancel"));
    assert!(implicit(&tree).1.is_empty());
    tree.file("/usr/lib/libgcc_s.so.1", library().bytes());
    assert_eq!(paths(&implicit(&tree).1), ["/usr/lib/libgcc_s.so.1"]);
}

#[test]
fn pam_loads_what_is_named_for_the_program() {
    let tree = tree(program().needs("libpam.so.0"));
    tree.file("/lib/libpam.so.0", library().bytes())
        .file(
            "/etc/pam.d/p",
            "@include common\naccount [default=ignore] pam_b.so\n",
        )
        .file(
            "/etc/pam.d/common",
            "auth required pam_a.so\nauth include p\n",
        )
        .file("/etc/pam.d/other", "auth required pam_c.so\n")
        .file("/lib/security/pam_a.so", library().needs("liba.so").bytes())
        .file("/lib/security/pam_b.so", library().bytes())
        .file("/lib/security/pam_c.so", library().bytes())
        .file("/lib/liba.so", library().bytes());
    let (_, implicit) = implicit(&tree);
    assert_eq!(
        paths(&implicit),
        [
            "/etc/pam.d",
            "/lib/security",
            "/lib/security/pam_b.so",
            "/lib/security/pam_a.so",
            "/lib/liba.so",
        ]
    );
}

#[test]
fn libraries_have_configuration_beside_them_and_elsewhere() {
    let tree = tree(
        program()
            .needs("libcrypto.so.3")
            .needs("libjli.so")
            .string(RUNPATH, "/jvm/lib"),
    );
    tree.file("/lib/libcrypto.so.3", library().bytes())
        .file("/lib/ossl-modules/legacy.so", library().bytes())
        .file("/etc/ssl/openssl.cnf", "")
        .file("/jvm/lib/libjli.so", library().bytes())
        .file(
            "/jvm/lib/server/libjvm.so",
            library().needs("libm.so.6").bytes(),
        )
        .file("/lib/libm.so.6", library().bytes());
    let (_, implicit) = implicit(&tree);
    let paths = paths(&implicit);
    for path in [
        "/lib/ossl-modules",
        "/etc/ssl/openssl.cnf",
        "/jvm/lib/server/libjvm.so",
    ] {
        assert!(paths.contains(&path), "{path}");
    }
    assert!(paths.contains(&"/lib/libm.so.6"));
    assert!(!paths.contains(&"/etc/pki/tls/openssl.cnf"));
}

#[test]
fn notes_name_what_is_opened() {
    let mut elf = program();
    elf.note = Some(
        r#"[{"feature":"zstd","priority":"suggested","soname":["libz.so.9","libz.so.8"]},
            {"feature":"xz","soname":["libx.so"]},{"soname":["none.so"]}]"#
            .to_owned(),
    );
    let tree = tree(elf.clone());
    tree.file("/lib/libz.so.8", library().bytes())
        .file("/lib/libx.so", library().bytes());
    let (_, found) = implicit(&tree);
    assert_eq!(paths(&found), ["/lib/libz.so.8", "/lib/libx.so"]);
    assert_eq!(found[0].certainty, Certainty::Possible);
    assert_eq!(found[1].certainty, Certainty::Likely);
    elf.note = Some("[{]".to_owned());
    tree.file("/bin/p", elf.needs("libc.so.6").bytes());
    assert!(implicit(&tree).1.is_empty());
}

#[test]
fn a_static_program_opens_nothing_that_is_known() {
    let tree = Tree::new();
    tree.file("/bin/p", library().imports("getpwnam").bytes())
        .file("/etc/passwd", "");
    assert!(implicit(&tree).1.is_empty());
}
