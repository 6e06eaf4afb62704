//! What the probe printed, without what differs from run to run.

use std::collections::BTreeMap;

/// Facts by key. Commands of one unit after the first have `2:`, `3:` before their keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts(BTreeMap<String, String>);

/// The names of the world's own namespaces, such as `mnt:[4026532177]`.
#[derive(Debug, Clone, Default)]
pub struct Namespaces(Vec<String>);

impl Namespaces {
    /// One a line.
    pub fn new(text: &str) -> Self {
        Self(text.lines().map(str::to_owned).collect())
    }
}

/// The ids that DynamicUser= gives out (systemd's UIDS-GIDS: 61184 to 65519).
const DYNAMIC: std::ops::RangeInclusive<u32> = 61184..=65519;

impl Facts {
    /// Reads what the probe printed in the service of the case `name`.
    pub fn parse(text: &str, name: &str, namespaces: &Namespaces) -> Self {
        let mut facts = Self::default();
        let mut process = 0;
        for line in text.lines() {
            if line.starts_with("argv 0=") {
                process += 1;
            }
            let prefix = match process {
                0 | 1 => String::new(),
                number => format!("{number}:"),
            };
            let Some((key, value)) = line.split_once('=') else {
                facts.insert(&format!("{prefix}text"), line.to_owned());
                continue;
            };
            if key.starts_with("mountinfo ") {
                let (point, value) = mount(value);
                if is_of_another_unit(&point, name) {
                    continue;
                }
                facts.insert(&format!("{prefix}mount {point}"), value);
            } else {
                facts.insert(
                    &format!("{prefix}{key}"),
                    plain(key, value, name, namespaces),
                );
            }
        }
        facts
    }

    /// Adds a fact; a key that is there already gets a number.
    pub fn insert(&mut self, key: &str, value: String) {
        let mut free = key.to_owned();
        let mut number = 2;
        while self.0.contains_key(&free) {
            free = format!("{key} #{number}");
            number += 1;
        }
        self.0.insert(free, value);
    }

    /// Gives a fact another value.
    pub fn set(&mut self, key: &str, value: &str) {
        self.0.insert(key.to_owned(), value.to_owned());
    }

    /// Takes a fact out.
    pub fn remove(&mut self, key: &str) {
        self.0.remove(key);
    }

    /// The value of a fact.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// All facts by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

impl FromIterator<(String, String)> for Facts {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(facts: T) -> Self {
        Self(facts.into_iter().collect())
    }
}

fn plain(key: &str, value: &str, name: &str, namespaces: &Namespaces) -> String {
    match key {
        "environment INVOCATION_ID" if is_id(value) => return "<id>".to_owned(),
        "environment JOURNAL_STREAM" => return "<stream>".to_owned(),
        "environment MAINPIDFDID" | "environment LISTEN_PIDFDID" => return "<pidfd>".to_owned(),
        "environment NOTIFY_SOCKET" => return "<socket>".to_owned(),
        "cgroup path" | "environment MEMORY_PRESSURE_WATCH" => return group(value, name),
        _ => {}
    }
    if key.starts_with("namespace ") {
        return match value.contains(":[") {
            true if namespaces.0.iter().any(|world| world == value) => "the world's".to_owned(),
            true => "its own".to_owned(),
            false => value.to_owned(),
        };
    }
    if key.starts_with("descriptor ") {
        return numbered(value);
    }
    let has_ids = [
        "uid",
        "gid",
        "groups",
        "path ",
        "given ",
        "keyring ",
        "cgroup",
        "setgroups",
    ];
    if has_ids.iter().any(|start| key.starts_with(start)) {
        return without_dynamic_ids(value);
    }
    value.to_owned()
}

fn is_id(value: &str) -> bool {
    value.len() == 32 && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Where the unit's group is in the tree of groups is the business of who started it.
fn group(value: &str, name: &str) -> String {
    let unit = format!("{name}.service");
    match value.rfind(&unit) {
        Some(at) => {
            let rest = value.get(at + unit.len()..).unwrap_or_default();
            format!("<group of the unit>{rest}")
        }
        None => value.to_owned(),
    }
}

/// `socket:[12345]` and `pipe:[12345]` without their numbers.
fn numbered(value: &str) -> String {
    let Some((before, rest)) = value.split_once(":[") else {
        return value.to_owned();
    };
    let after = rest.split_once(']').map_or("", |(_, after)| after);
    format!("{before}:[]{after}")
}

fn without_dynamic_ids(value: &str) -> String {
    let mut text = String::new();
    let mut digits = String::new();
    for character in value.chars().chain(['\n']) {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        match digits.parse::<u32>() {
            Ok(id) if DYNAMIC.contains(&id) => text.push_str("<dynamic>"),
            _ => text.push_str(&digits),
        }
        digits.clear();
        text.push(character);
    }
    text.pop();
    text
}

/// The mount point, and root, options, propagation, type and options of the file system.
fn mount(line: &str) -> (String, String) {
    let (before, after) = line.split_once(" - ").unwrap_or((line, ""));
    let mut words = before.split(' ').skip(3);
    let root = words.next().unwrap_or_default();
    let point = pressure(words.next().unwrap_or_default());
    let options = words.next().unwrap_or_default();
    let mut propagation: Vec<&str> = words
        .map(|word| word.split(':').next().unwrap_or(word))
        .collect();
    if propagation.is_empty() {
        propagation.push("private");
    }
    let mut words = after.split(' ');
    let kind = words.next().unwrap_or_default();
    let _source = words.next();
    let mut system = words.next().unwrap_or_default();
    if kind == "overlay" {
        // Where the layers are.
        system = "";
    }
    if let Some(object) = inaccessible(kind, root) {
        // It lies in a file system of whoever started the unit, whose own options it has.
        let options = options.replace(",relatime", "");
        return (point, format!("inaccessible {object} {options}"));
    }
    let value = format!(
        "{kind} {} {options} {} {system}",
        root_of_mount(&pressure(root)),
        propagation.join("+")
    );
    (point, value.trim_end().to_owned())
}

/// A file of the unit's group without the place of the group.
fn pressure(path: &str) -> String {
    const FILE: &str = "/memory.pressure";
    const TREE: &str = "/sys/fs/cgroup";
    match path.strip_suffix(FILE) {
        Some(group) if group.contains(".service") => {
            let tree = if path.starts_with(TREE) { TREE } else { "" };
            format!("{tree}/<group of the unit>{FILE}")
        }
        _ => path.to_owned(),
    }
}

/// Credentials of a unit that runs at the same time are mounted where all can see the mount.
fn is_of_another_unit(point: &str, name: &str) -> bool {
    let unit = point.strip_prefix("/run/credentials/");
    unit.is_some_and(|unit| unit.strip_suffix(".service") != Some(name))
}

/// The kind of the empty object that is mounted over an inaccessible path.
fn inaccessible<'a>(kind: &str, root: &'a str) -> Option<&'a str> {
    let object = match root.rsplit_once("/inaccessible/") {
        Some((_, object)) => object,
        None => root.strip_prefix('/')?,
    };
    let known = ["dir", "reg", "fifo", "sock", "chr", "blk"];
    (kind == "tmpfs" && known.contains(&object)).then_some(object)
}

/// Without random names.
fn root_of_mount(root: &str) -> String {
    let parts = root.split('/').map(|part| {
        if part.starts_with("systemd-private-") || part.starts_with("unitward-private-") {
            "<private>"
        } else if part.starts_with(".#root-ephemeral") {
            "<ephemeral>"
        } else {
            part
        }
    });
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_are_named_by_their_point_and_stacked_ones_numbered() {
        let text = "mountinfo 0=67 42 0:41 / / rw,relatime shared:1 - overlay overlay rw,lowerdir=/x\n\
                    mountinfo 1=1 2 0:50 /tmp/systemd-private-0af-x/tmp /tmp rw shared:3 master:12 - tmpfs tmpfs rw\n\
                    mountinfo 2=1 2 0:50 /systemd/inaccessible/dir /tmp ro,relatime - tmpfs tmpfs rw,mode=755\n";
        let facts = Facts::parse(text, "x", &Namespaces::default());
        assert_eq!(facts.value("mount /"), Some("overlay / rw,relatime shared"));
        assert_eq!(
            facts.value("mount /tmp"),
            Some("tmpfs /tmp/<private>/tmp rw shared+master rw")
        );
        assert_eq!(facts.value("mount /tmp #2"), Some("inaccessible dir ro"));
    }

    #[test]
    fn what_differs_from_run_to_run_goes() {
        let worlds = Namespaces::new("mnt:[1]\nnet:[2]\n");
        let text = "argv 0=x\nnamespace mnt=mnt:[1]\nnamespace net=net:[3]\nuid=61200 0 0\n\
                    path /tmp=dir 0755 65000:65534 r=ok\ndescriptor 1=socket socket:[77] flags 2\n\
                    cgroup path=0::/system.slice/a.service/sub\nargv 0=y\nuid=0\n";
        let facts = Facts::parse(text, "a", &worlds);
        assert_eq!(facts.value("namespace mnt"), Some("the world's"));
        assert_eq!(facts.value("namespace net"), Some("its own"));
        assert_eq!(facts.value("uid"), Some("<dynamic> 0 0"));
        assert_eq!(
            facts.value("path /tmp"),
            Some("dir 0755 <dynamic>:65534 r=ok")
        );
        assert_eq!(
            facts.value("descriptor 1"),
            Some("socket socket:[] flags 2")
        );
        assert_eq!(facts.value("cgroup path"), Some("<group of the unit>/sub"));
        assert_eq!(facts.value("2:uid"), Some("0"));
    }
}
