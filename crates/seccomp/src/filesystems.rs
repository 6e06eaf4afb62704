use crate::tables;

/// A set of file systems that a `RestrictFileSystems=` line can name (systemd.exec(5)). Sets hold no other
/// sets.
#[derive(Debug)]
pub struct FilesystemGroup {
    /// The name with its `@`.
    pub name: &'static str,
    /// What it holds, as `systemd-analyze filesystems` prints it.
    pub description: &'static str,
    /// The names in printed order, each with the magic numbers of its super-blocks as printed: in
    /// brackets the file system that stands for a number which several share.
    pub members: &'static [(&'static str, &'static str)],
}

/// The sets of the newest recorded systemd (252, 257, 262) that is not newer than the version, of 252 for
/// anything older, in the order of `systemd-analyze filesystems`.
///
/// Debian's 252 is built without the support for them: it ignores the setting, and its `systemd-analyze
/// filesystems` fails. The sets are those that its library holds all the same.
pub fn filesystem_groups(systemd: u16) -> &'static [FilesystemGroup] {
    match systemd {
        262.. => &tables::FILESYSTEMS_262,
        257.. => &tables::FILESYSTEMS_257,
        _ => &tables::FILESYSTEMS_252,
    }
}

/// The super-block magic numbers (`linux/magic.h`) by which systemd knows a file system, in order; none for
/// an unknown name.
pub fn filesystem_magic(name: &str) -> &'static [u32] {
    let place = tables::MAGIC
        .binary_search_by_key(&name, |known| known.0)
        .ok();
    place
        .and_then(|place| tables::MAGIC.get(place))
        .map_or(&[], |known| known.1)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn set(systemd: u16, name: &str) -> &'static FilesystemGroup {
        filesystem_groups(systemd)
            .iter()
            .find(|set| set.name == name)
            .unwrap()
    }

    #[test]
    fn sets_are_the_recorded_ones() {
        for (systemd, known) in [
            (252, 95),
            (256, 95),
            (257, 96),
            (261, 96),
            (262, 99),
            (300, 99),
        ] {
            let order: Vec<&str> = filesystem_groups(systemd)
                .iter()
                .map(|set| set.name)
                .collect();
            assert_eq!(
                order,
                [
                    "@basic-api",
                    "@anonymous",
                    "@application",
                    "@auxiliary-api",
                    "@common-block",
                    "@historical-block",
                    "@network",
                    "@privileged-api",
                    "@security",
                    "@temporary",
                    "@known",
                ]
            );
            assert_eq!(set(systemd, "@known").members.len(), known);
            assert_eq!(
                set(systemd, "@application").members,
                [
                    ("autofs", "0x187"),
                    ("fuse", "0x65735546"),
                    ("overlay", "0x794c7630")
                ]
            );
        }
        assert_eq!(set(257, "@security").description, "Security/MAC API VFS");
        assert_eq!(
            set(262, "@known").members[..4],
            [
                ("apparmorfs", "0x5a3c69f0"),
                ("adfs", "0xadf5"),
                ("affs", "0xadff"),
                ("afs", "0x6b414653, 0x5346414f"),
            ]
        );
        assert!(
            set(257, "@basic-api")
                .members
                .contains(&("devtmpfs", "0x1021994[tmpfs]"))
        );
    }

    #[test]
    fn known_holds_every_member() {
        for systemd in [252, 257, 262] {
            let known = set(systemd, "@known").members;
            for (name, _) in filesystem_groups(systemd)
                .iter()
                .flat_map(|set| set.members)
            {
                assert!(known.iter().any(|(other, _)| other == name), "{name}");
                assert!(!filesystem_magic(name).is_empty(), "{name}");
            }
        }
        let has = |systemd, name| {
            set(systemd, "@known")
                .members
                .iter()
                .any(|known| known.0 == name)
        };
        assert!(!has(252, "bcachefs") && has(257, "bcachefs"));
        assert!(!has(257, "nullfs") && has(262, "nullfs"));
    }

    #[test]
    fn magic_numbers_are_those_of_the_kernel() {
        assert_eq!(filesystem_magic("tmpfs"), [0x102_1994]);
        assert_eq!(filesystem_magic("devtmpfs"), [0x102_1994]);
        assert_eq!(filesystem_magic("ext4"), [0xef53]);
        assert_eq!(filesystem_magic("cifs"), [0xff53_4d42, 0xfe53_4d42]);
        assert!(filesystem_magic("nosuch").is_empty());
    }
}
