//! RestrictAddressFamilies=, PrivateNetwork=, IPAddressDeny=, SocketBindDeny= and their kin.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use unitward_observe::AddressKey;
use unitward_settings::{FAMILIES, Settings};

use super::Level;
use super::proposal::{Content, Line, Proposal};
use super::view::{View, some, told};

const UNIX: u32 = 1;
const INET: u32 = 2;
const INET6: u32 = 10;
const NETLINK: u32 = 16;

/// The address of the internet that a key has.
pub(super) fn address(key: &AddressKey) -> Option<SocketAddr> {
    key.address.parse().ok()
}

pub(super) fn derive(view: &View<'_>, proposal: &mut Proposal) {
    let seen = families_seen(view);
    families(view, &seen, proposal);
    let is_given = is_socket_activated(view.settings());
    if seen.contains_key(&INET) || seen.contains_key(&INET6) || is_given {
        addresses(view, is_given, proposal);
    } else {
        nothing(view, &seen, proposal);
    }
    binds(view, proposal);
}

/// Whether another unit makes sockets for it.
fn is_socket_activated(settings: &Settings) -> bool {
    !settings.sockets.0.is_empty()
}

/// The families of sockets that were made, with a sentence each.
fn families_seen(view: &View<'_>) -> BTreeMap<u32, String> {
    let mut seen = BTreeMap::new();
    for (key, fact) in &view.facts.sockets {
        if super::view::took_effect(fact) {
            let name = name(key.family);
            seen.entry(key.family)
                .or_insert_with(|| told(&format!("A socket of {name} was made"), fact));
        }
    }
    seen
}

fn name(family: u32) -> String {
    FAMILIES
        .iter()
        .find(|(number, _)| u32::from(*number) == family)
        .map_or_else(|| family.to_string(), |(_, name)| (*name).to_owned())
}

fn families(view: &View<'_>, seen: &BTreeMap<u32, String>, proposal: &mut Proposal) {
    let present = &*view.settings().restrict_address_families;
    let mut evidence: Vec<String> = seen.values().cloned().collect();
    let mut wanted: BTreeSet<u32> = seen.keys().copied().collect();
    if super::sessions::of(view).is_some() {
        for family in [UNIX, INET, INET6, NETLINK] {
            if wanted.insert(family) {
                evidence.push(format!("Widened by {}, for what users run", name(family)));
            }
        }
    }
    if view.level == Level::Safe {
        let resolves = wanted.contains(&INET) || wanted.contains(&INET6);
        let mut widen = vec![(UNIX, "for the journal and for looking up names and users")];
        if resolves {
            widen.push((INET, "for hosts with other addresses"));
            widen.push((INET6, "for hosts with other addresses"));
            widen.push((NETLINK, "which looking up addresses needs"));
        }
        for (family, why) in widen {
            if wanted.insert(family) {
                evidence.push(format!("Widened by {}, {why}", name(family)));
            }
        }
    } else if wanted.is_empty() && view.level == Level::Tight {
        wanted.insert(UNIX);
        evidence.push("No socket was made; widened by AF_UNIX, by which programs write to the journal and look up users".to_owned());
    }
    if evidence.is_empty() {
        evidence.push("No socket was made".to_owned());
    }
    let mut words = BTreeSet::new();
    for family in wanted {
        let Some((number, name)) = FAMILIES
            .iter()
            .find(|(number, _)| u32::from(*number) == family)
        else {
            continue;
        };
        if present.allows(*number) {
            words.insert((*name).to_owned());
        }
    }
    let is_stricter = !present.is_unrestricted()
        && FAMILIES
            .iter()
            .all(|(number, name)| !present.allows(*number) || words.contains(*name));
    if is_stricter {
        return;
    }
    let content = Content::Words {
        words,
        replaces: true,
        none: "none",
    };
    let line = Line::of("RestrictAddressFamilies", content, view.systemd(), evidence);
    proposal.set(view, line);
}

/// No socket of the internet: no network at all.
fn nothing(view: &View<'_>, seen: &BTreeMap<u32, String>, proposal: &mut Proposal) {
    let settings = view.settings();
    let why = "No socket of the internet was made".to_owned();
    let networks: Vec<String> = view
        .facts
        .addresses
        .iter()
        .filter(|(key, seen)| key.address.starts_with('@') && seen.successes() > 0)
        .map(|(key, seen)| {
            told(
                &format!("The abstract socket {} was used", key.address),
                seen,
            )
        })
        .chain(seen.get(&NETLINK).cloned())
        .chain(
            seen.iter()
                .filter(|(family, _)| !matches!(**family, UNIX | NETLINK))
                .map(|(_, text)| text.clone()),
        )
        .collect();
    let is_joined =
        settings.network_namespace_path.0.is_some() || !settings.joins_namespace_of.0.is_empty();
    if !settings.private_network.0 && !is_joined {
        let netlink_alone = networks.len() == usize::from(seen.contains_key(&NETLINK));
        if networks.is_empty() || view.level == Level::Paranoid && netlink_alone {
            let line = Line::plain("PrivateNetwork", "yes", vec![why.clone()]);
            proposal.set(view, line);
        } else {
            let reason = "Something of the host's network is used besides the internet";
            proposal.leave("PrivateNetwork", reason, networks);
        }
    }
    deny(view, BTreeMap::new(), vec![why], proposal);
}

/// Sets IPAddressDeny=any with what is allowed, unless the unit says as much.
fn deny(
    view: &View<'_>,
    allowed: BTreeMap<String, String>,
    evidence: Vec<String>,
    proposal: &mut Proposal,
) {
    let settings = view.settings();
    if settings.ip_address_deny.is_any() || !settings.ip_egress_filter_path.0.is_empty() {
        return;
    }
    let line = Line::plain("IPAddressDeny", "any", evidence.clone());
    proposal.set(view, line);
    if !allowed.is_empty() {
        let line = Line::of(
            "IPAddressAllow",
            Content::Items(allowed),
            view.systemd(),
            evidence,
        );
        proposal.set(view, line);
    }
}

/// Which peers there can be.
fn addresses(view: &View<'_>, is_given: bool, proposal: &mut Proposal) {
    let mut listens = Vec::new();
    let mut peers: BTreeMap<IpAddr, String> = BTreeMap::new();
    let mut local = Vec::new();
    let mut resolves = None;
    for (key, seen) in &view.facts.addresses {
        let Some(address) = address(key) else {
            continue;
        };
        if !super::view::took_effect(seen) {
            continue;
        }
        let text = told(
            &format!("{} {} {}", key.action, key.protocol, key.address),
            seen,
        );
        let ip = address.ip().to_canonical();
        if key.action == "bind" {
            if address.port() == 0 || ip.is_loopback() {
                local.push(text);
            } else {
                listens.push(text);
            }
            continue;
        }
        if address.port() == 53 && !ip.is_loopback() {
            resolves = Some(text.clone());
        }
        if ip.is_loopback() || ip.is_unspecified() {
            local.push(text);
        } else {
            peers.insert(ip, text);
        }
    }
    proposal_of_network(view, proposal);
    if is_given || !listens.is_empty() {
        let reason = if is_given {
            "Sockets are made by another unit, and who connects to them is not known"
        } else {
            "It is bound to addresses that others reach, and who they are is not known: name them with IPAddressDeny=any and IPAddressAllow="
        };
        return proposal.leave("IPAddressDeny", reason, listens);
    }
    /// As many peers as a person would write down.
    const PEERS: usize = 8;
    if peers.is_empty() && resolves.is_none() {
        let mut evidence =
            vec!["Only addresses of the host itself were bound and reached".to_owned()];
        evidence.extend(some(local, 3));
        let allowed = BTreeMap::from([("localhost".to_owned(), String::new())]);
        return deny(view, allowed, evidence, proposal);
    }
    let exact = view.level >= Level::Tight && resolves.is_none() && peers.len() <= PEERS
        || view.level == Level::Paranoid && peers.len() <= PEERS * 4;
    if !exact {
        let reason = "It connects with addresses that may be others tomorrow";
        let evidence = resolves.into_iter().chain(peers.into_values()).collect();
        return proposal.leave("IPAddressDeny", reason, evidence);
    }
    let mut allowed: BTreeMap<String, String> = peers
        .keys()
        .map(|address| (address.to_string(), String::new()))
        .collect();
    allowed.insert("localhost".to_owned(), String::new());
    deny(
        view,
        allowed,
        some(peers.into_values().collect(), 8),
        proposal,
    );
}

fn proposal_of_network(view: &View<'_>, proposal: &mut Proposal) {
    if !view.settings().private_network.0 {
        let reason = "Sockets of the internet are used";
        proposal.leave("PrivateNetwork", reason, Vec::new());
    }
}

/// Ports that may be bound.
fn binds(view: &View<'_>, proposal: &mut Proposal) {
    let settings = view.settings();
    if !settings.socket_bind_deny.0.is_empty() {
        return;
    }
    let mut allowed: BTreeMap<String, String> = BTreeMap::new();
    let mut evidence = Vec::new();
    for (key, seen) in &view.facts.addresses {
        let (Some(address), "bind") = (address(key), key.action.as_str()) else {
            continue;
        };
        if !matches!(key.protocol.as_str(), "tcp" | "udp") || seen.successes() == 0 {
            continue;
        }
        let family = if address.is_ipv4() { "ipv4" } else { "ipv6" };
        // The rule with a port does not match a bind that leaves the port to the kernel.
        let rule = match (address.port(), view.level) {
            (0, _) => format!("{family}:{}", key.protocol),
            (port, Level::Safe) => format!("{}:{port}", key.protocol),
            (port, _) => format!("{family}:{}:{port}", key.protocol),
        };
        allowed.insert(rule, String::new());
        evidence.push(told(
            &format!("{} {} was bound", key.protocol, key.address),
            seen,
        ));
    }
    let whole: Vec<String> = allowed
        .keys()
        .filter(|rule| rule.split(':').count() == 2 && rule.starts_with("ipv"))
        .cloned()
        .collect();
    allowed.retain(|rule, _| {
        whole.contains(rule)
            || !whole
                .iter()
                .any(|wide| rule.starts_with(&format!("{wide}:")))
    });
    if view.level == Level::Safe {
        let resolves = "Widened by every UDP port, which looking up names may need";
        for family in ["ipv4", "ipv6"] {
            allowed.insert(format!("{family}:udp"), String::new());
        }
        allowed.retain(|rule, _| !rule.starts_with("udp:"));
        evidence.push(resolves.to_owned());
    }
    let nothing = "No port was bound".to_owned();
    let why = if allowed.is_empty() {
        nothing
    } else {
        "Only the ports of SocketBindAllow= were bound".to_owned()
    };
    proposal.set(view, Line::plain("SocketBindDeny", "any", vec![why]));
    if !allowed.is_empty() {
        let line = Line::of(
            "SocketBindAllow",
            Content::Items(allowed),
            view.systemd(),
            some(evidence, 8),
        );
        proposal.set(view, line);
    }
}
