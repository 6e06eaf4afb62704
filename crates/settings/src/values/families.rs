//! RestrictAddressFamilies= (systemd.exec(5)).

use unitward_catalog::Version;
use unitward_unit::words::{Mode, Words};

use super::Value;
use crate::context::{Assigned, Context, Effect};
use crate::show::Shown;

/// RestrictAddressFamilies=: an allow list or a deny list of address families.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RestrictAddressFamilies {
    /// Whether the list names what is allowed.
    pub allow_list: bool,
    /// The families, by number, sorted.
    pub families: Vec<u8>,
    mode_fixed: bool,
}

/// Address families by number (include/linux/socket.h, Linux 6.18). AF_LOCAL, AF_FILE and AF_ROUTE are other names.
pub const FAMILIES: &[(u8, &str)] = &[
    (1, "AF_UNIX"),
    (2, "AF_INET"),
    (3, "AF_AX25"),
    (4, "AF_IPX"),
    (5, "AF_APPLETALK"),
    (6, "AF_NETROM"),
    (7, "AF_BRIDGE"),
    (8, "AF_ATMPVC"),
    (9, "AF_X25"),
    (10, "AF_INET6"),
    (11, "AF_ROSE"),
    (12, "AF_DECnet"),
    (13, "AF_NETBEUI"),
    (14, "AF_SECURITY"),
    (15, "AF_KEY"),
    (16, "AF_NETLINK"),
    (17, "AF_PACKET"),
    (18, "AF_ASH"),
    (19, "AF_ECONET"),
    (20, "AF_ATMSVC"),
    (21, "AF_RDS"),
    (22, "AF_SNA"),
    (23, "AF_IRDA"),
    (24, "AF_PPPOX"),
    (25, "AF_WANPIPE"),
    (26, "AF_LLC"),
    (27, "AF_IB"),
    (28, "AF_MPLS"),
    (29, "AF_CAN"),
    (30, "AF_TIPC"),
    (31, "AF_BLUETOOTH"),
    (32, "AF_IUCV"),
    (33, "AF_RXRPC"),
    (34, "AF_ISDN"),
    (35, "AF_PHONET"),
    (36, "AF_IEEE802154"),
    (37, "AF_CAIF"),
    (38, "AF_ALG"),
    (39, "AF_NFC"),
    (40, "AF_VSOCK"),
    (41, "AF_KCM"),
    (42, "AF_QIPCRTR"),
    (43, "AF_SMC"),
    (44, "AF_XDP"),
    (45, "AF_MCTP"),
];

const ALIASES: &[(&str, u8)] = &[("AF_LOCAL", 1), ("AF_FILE", 1), ("AF_ROUTE", 16)];

impl RestrictAddressFamilies {
    /// Whether sockets of this family may be made.
    #[must_use]
    pub fn allows(&self, family: u8) -> bool {
        self.families.binary_search(&family).is_ok() == self.allow_list
    }

    /// Whether nothing is restricted.
    #[must_use]
    pub fn is_unrestricted(&self) -> bool {
        !self.allow_list && self.families.is_empty()
    }
}

/// The number of a family by its name or an alias, in any case.
#[must_use]
pub fn family(name: &str) -> Option<u8> {
    let listed = FAMILIES.iter().map(|(number, known)| (*known, *number));
    listed
        .chain(ALIASES.iter().copied())
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, number)| number)
}

/// The name of a family by its number.
#[must_use]
pub fn family_name(number: u8) -> Option<&'static str> {
    FAMILIES
        .iter()
        .find(|(known, _)| *known == number)
        .map(|(_, name)| *name)
}

impl Value for RestrictAddressFamilies {
    const PARSER: &'static str = "family-set";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            *self = Self::default();
            return Assigned::Reset;
        }
        if text == "none" {
            *self = Self {
                allow_list: true,
                ..Self::default()
            };
            return Assigned::Set;
        }
        let (inverted, list) = match text.strip_prefix('~') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let offset = text.len() - list.len();
        if !self.mode_fixed {
            self.allow_list = !inverted;
            self.mode_fixed = true;
        }
        for word in Words::new(list, Mode::UNQUOTE) {
            let Ok(word) = word else {
                cx.report(Effect::Skipped, text, 0..text.len(), "balanced quotes");
                return Assigned::Set;
            };
            let Some(number) = family(&word.text) else {
                let range = word.range.start + offset..word.range.end + offset;
                cx.report(
                    Effect::Skipped,
                    &word.text,
                    range,
                    "an address family such as AF_INET",
                );
                // From 262 on the parser gives up at the first unknown name.
                if cx.at_least(Version::V262) {
                    return Assigned::Set;
                }
                continue;
            };
            match (
                self.families.binary_search(&number),
                self.allow_list != inverted,
            ) {
                (Err(at), true) => self.families.insert(at, number),
                (Ok(at), false) => {
                    self.families.remove(at);
                }
                _ => {}
            }
        }
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        let mark = if self.allow_list { "" } else { "~" };
        let mut names: Vec<_> = self
            .families
            .iter()
            .filter_map(|number| family_name(*number))
            .collect();
        names.sort_unstable();
        shown.put(format!("{mark}{}", crate::show::joined(names)));
    }
}
