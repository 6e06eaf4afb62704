//! Network settings (systemd.resource-control(5), "Network Accounting and Control").

use unitward_unit::words::{Mode, Words};

use super::Value;
use super::number::c_integer;
use crate::context::{Assigned, Context, Effect};
use crate::setting::Item;
use crate::show::Shown;
use unitward_catalog::Version;

/// SocketBindAllow= and SocketBindDeny=.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SocketBindRules(pub Vec<Item<SocketBindRule>>);

/// Which sockets may, or may not, be bound. What is none matches all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SocketBindRule {
    /// `ipv4` or `ipv6`.
    pub family: Option<&'static str>,
    /// `tcp` or `udp`.
    pub protocol: Option<&'static str>,
    /// The first and the last port.
    pub ports: Option<(u16, u16)>,
}

/// RestrictNetworkInterfaces=: an allow list or a deny list of network interfaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkInterfaces {
    /// Whether the list names what is allowed.
    pub allow_list: bool,
    /// The interfaces.
    pub names: std::collections::BTreeSet<String>,
}

/// BindNetworkInterface= (systemd 260).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkInterface(pub Option<String>);

/// NFTSet= (systemd 255).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NftSets(pub Vec<Item<NftSet>>);

/// A set of the packet filter that gets an id of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NftSet {
    /// Which id: `cgroup`, `user` or `group`.
    pub source: String,
    /// The family of the table, such as `inet`.
    pub family: String,
    /// The table.
    pub table: String,
    /// The set.
    pub set: String,
}

impl SocketBindRule {
    fn parse(text: &str, version: Version) -> Option<Self> {
        if text == "any" {
            return Some(Self::default());
        }
        let mut rule = Self::default();
        let mut rest = text;
        if let Some((family, after)) = first_of(rest, &["ipv4", "ipv6"]) {
            rule.family = Some(family);
            match after {
                Some(after) => rest = after,
                None => return Some(rule),
            }
        }
        if let Some((protocol, after)) = first_of(rest, &["tcp", "udp"]) {
            rule.protocol = Some(protocol);
            match after {
                Some(after) => rest = after,
                None => return Some(rule),
            }
        }
        if rest == "any" {
            return Some(rule);
        }
        let lowest = if version >= Version::V257 { 0 } else { 1 };
        let port = |text: &str| {
            u16::try_from(c_integer(text)?)
                .ok()
                .filter(|port| *port >= lowest)
        };
        let (from, to) = rest.split_once('-').unwrap_or((rest, rest));
        rule.ports = Some((port(from)?, port(to)?)).filter(|(from, to)| from <= to);
        rule.ports.map(|_| rule)
    }
}

/// A word in front of a colon or alone, in any case, and what follows the colon.
fn first_of<'t>(text: &'t str, words: &[&'static str]) -> Option<(&'static str, Option<&'t str>)> {
    let (first, rest) = match text.split_once(':') {
        Some((first, rest)) => (first, Some(rest)),
        None => (text, None),
    };
    let word = words.iter().find(|word| word.eq_ignore_ascii_case(first))?;
    Some((word, rest))
}

impl std::fmt::Display for SocketBindRule {
    /// As systemctl prints it, which leaves out the colon behind the protocol.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(family) = self.family {
            write!(f, "{family}:")?;
        }
        f.write_str(self.protocol.unwrap_or_default())?;
        match self.ports {
            None => f.write_str("any"),
            Some((from, to)) if from == to => write!(f, "{from}"),
            Some((from, to)) => write!(f, "{from}-{to}"),
        }
    }
}

impl Value for SocketBindRules {
    const PARSER: &'static str = "bind-rule";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        let Some(value) = SocketBindRule::parse(text, cx.version) else {
            return cx.ignored(text, "any, or FAMILY:PROTOCOL:PORTS such as ipv4:tcp:80-90, of which parts may be left out");
        };
        let origin = cx.origin;
        self.0.push(Item { value, origin });
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        for item in &self.0 {
            shown.put(item.value.to_string());
        }
    }
}

/// A name of up to 15 printable ASCII characters, or with `alternative` up to 127, without `/`, `:` and `%`, that is
/// neither a number nor a name with a meaning of its own.
fn is_interface(name: &str, alternative: bool) -> bool {
    let longest = if alternative { 127 } else { 15 };
    !name.is_empty()
        && name.len() <= longest
        && !matches!(name, "." | ".." | "all" | "default")
        && !name.bytes().all(|b| b.is_ascii_digit())
        && name
            .bytes()
            .all(|b| b.is_ascii_graphic() && !matches!(b, b'/' | b':' | b'%'))
}

impl Value for NetworkInterfaces {
    const PARSER: &'static str = "interface-set";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.names.clear();
            return Assigned::Reset;
        }
        let (inverted, list) = match text.strip_prefix('~') {
            Some(list) => (true, list),
            None => (false, text),
        };
        let offset = text.len() - list.len();
        if self.names.is_empty() {
            self.allow_list = !inverted;
        }
        for word in Words::new(list, Mode::UNQUOTE) {
            let Ok(word) = word else {
                cx.report(Effect::Skipped, text, 0..text.len(), "balanced quotes");
                break;
            };
            if !is_interface(&word.text, cx.at_least(Version::V257)) {
                let range = word.range.start + offset..word.range.end + offset;
                cx.report(
                    Effect::Skipped,
                    &word.text,
                    range,
                    "the name of a network interface",
                );
                continue;
            }
            if self.allow_list == inverted {
                self.names.remove(&*word.text);
            } else {
                self.names.insert(word.text.into_owned());
            }
        }
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        let mark = if self.allow_list { "" } else { "~" };
        shown.put(format!("{mark}{}", crate::show::joined(&self.names)));
    }
}

impl Value for NetworkInterface {
    const PARSER: &'static str = "interface";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0 = None;
            return Assigned::Reset;
        }
        match cx.expand(text) {
            Ok(name) if is_interface(&name, true) => {
                self.0 = Some(name.into_owned());
                Assigned::Set
            }
            Ok(_) => cx.ignored(text, "the name of a network interface"),
            Err(error) => cx.ignored(text, error),
        }
    }

    fn show(&self, shown: &mut Shown<'_>) {
        shown.put(self.0.clone().unwrap_or_default());
    }
}

impl NftSet {
    fn parse(word: &str, version: Version) -> Result<Self, &'static str> {
        let [source, family, table, set] = *word.split(':').collect::<Vec<_>>() else {
            return Err("SOURCE:FAMILY:TABLE:SET");
        };
        if !["cgroup", "user", "group"].contains(&source) {
            return Err("cgroup, user or group in front");
        }
        if !["arp", "bridge", "inet", "ip", "ip6", "netdev"].contains(&family) {
            return Err("one of arp, bridge, inet, ip, ip6, netdev as second part");
        }
        // Identifiers of nft(8).
        let longest = if version >= Version::V262 { 255 } else { 31 };
        let identifier = |name: &str| {
            name.len() <= longest
                && name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'\\' | b'_' | b'.'))
        };
        if !identifier(table) || !identifier(set) {
            return Err(
                "names of a table and a set: a letter, then letters, digits, _, ., / and \\",
            );
        }
        Ok(Self {
            source: source.to_owned(),
            family: family.to_owned(),
            table: table.to_owned(),
            set: set.to_owned(),
        })
    }
}

impl Value for NftSets {
    const PARSER: &'static str = "nft-set";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        for word in Words::new(text, Mode::UNQUOTE_C) {
            let word = match word {
                Ok(word) => word,
                Err(error) => {
                    cx.report(
                        Effect::Skipped,
                        text,
                        error.offset..text.len(),
                        error.to_string(),
                    );
                    break;
                }
            };
            match NftSet::parse(&word.text, cx.version) {
                Ok(value) => self.0.push(Item {
                    value,
                    origin: cx.origin,
                }),
                Err(expected) => cx.report(Effect::Skipped, &word.text, word.range, expected),
            }
        }
        Assigned::Set
    }

    fn show(&self, _: &mut Shown<'_>) {
        // systemctl cannot print it.
    }
}
