//! The programs that network settings ask for (systemd.resource-control(5), "Network Accounting and Control").

use std::ffi::CString;

use unitward_settings::{Item, Settings, SocketBindRule};

use super::bpf::{
    Addresses, BindRule, Direction, Family, GroupProgram, Hook, TCP, UDP, bind_interface,
    restrict_interfaces,
};
use crate::plan::Cause;
use crate::sys;

/// A program to attach, and who asks for it.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// The directives that it enforces.
    pub(super) directives: &'static [&'static str],
    pub(super) cause: Cause,
    pub(super) program: Result<Source, String>,
}

/// Where a program comes from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Own(GroupProgram),
    Pinned(Hook, CString),
}

impl Source {
    /// Where it is attached.
    pub(super) const fn hook(&self) -> Hook {
        match self {
            Self::Own(program) => program.hook,
            Self::Pinned(hook, _) => *hook,
        }
    }
}

/// Every program that the settings ask for, in the order in which they are attached.
pub(super) fn programs(settings: &Settings) -> Vec<Wanted> {
    let mut wanted = Vec::new();
    addresses(settings, &mut wanted);
    sockets(settings, &mut wanted);
    interfaces(settings, &mut wanted);
    pinned(settings, &mut wanted);
    wanted
}

fn own(program: Option<GroupProgram>) -> Result<Source, String> {
    program
        .map(Source::Own)
        .ok_or_else(|| "the list is too long for a program of the kernel".to_owned())
}

fn addresses(settings: &Settings, wanted: &mut Vec<Wanted>) {
    let (allow, deny) = (&settings.ip_address_allow, &settings.ip_address_deny);
    let refused = Addresses::refused(deny.0.iter(), allow.0.iter());
    if refused.is_empty() {
        return;
    }
    for direction in [Direction::Ingress, Direction::Egress] {
        wanted.push(Wanted {
            directives: &["IPAddressDeny", "IPAddressAllow"],
            cause: Cause::of("IPAddressDeny", deny),
            program: own(refused.program(direction)),
        });
    }
}

fn sockets(settings: &Settings, wanted: &mut Vec<Wanted>) {
    let (allow, deny) = (&settings.socket_bind_allow, &settings.socket_bind_deny);
    let rules = |list: &[Item<SocketBindRule>]| -> Vec<BindRule> {
        list.iter().map(|item| bind_rule(item.value)).collect()
    };
    let (allowed, denied) = (rules(&allow.0), rules(&deny.0));
    if denied.is_empty() {
        return;
    }
    for family in [Family::V4, Family::V6] {
        wanted.push(Wanted {
            directives: &["SocketBindDeny", "SocketBindAllow"],
            cause: Cause::of("SocketBindDeny", deny),
            program: own(BindRule::program(family, &allowed, &denied)),
        });
    }
}

fn bind_rule(rule: SocketBindRule) -> BindRule {
    BindRule {
        family: rule.family.map(|family| match family {
            "ipv4" => Family::V4,
            _ => Family::V6,
        }),
        protocol: rule.protocol.map(|protocol| match protocol {
            "tcp" => TCP,
            _ => UDP,
        }),
        ports: rule.ports,
    }
}

fn interfaces(settings: &Settings, wanted: &mut Vec<Wanted>) {
    let list = &settings.restrict_network_interfaces;
    if !list.names.is_empty() {
        // An interface that is not there now cannot be named by its number, and so is in no list.
        let indices: Vec<u32> = list.names.iter().filter_map(|name| index(name)).collect();
        for hook in [Hook::INGRESS, Hook::EGRESS] {
            wanted.push(Wanted {
                directives: &["RestrictNetworkInterfaces"],
                cause: Cause::of("RestrictNetworkInterfaces", list),
                program: own(restrict_interfaces(hook, list.allow_list, &indices)),
            });
        }
    }
    let bound = &settings.bind_network_interface;
    if let Some(name) = &bound.0 {
        let program = match index(name) {
            Some(index) => own(bind_interface(index)),
            None => Err(format!("there is no network interface {name}")),
        };
        wanted.push(Wanted {
            directives: &["BindNetworkInterface"],
            cause: Cause::of("BindNetworkInterface", bound),
            program,
        });
    }
}

fn index(name: &str) -> Option<u32> {
    sys::interface_index(&CString::new(name).ok()?)
}

fn pinned(settings: &Settings, wanted: &mut Vec<Wanted>) {
    let filters = [
        (
            &["IPIngressFilterPath"],
            Hook::INGRESS,
            &settings.ip_ingress_filter_path,
        ),
        (
            &["IPEgressFilterPath"],
            Hook::EGRESS,
            &settings.ip_egress_filter_path,
        ),
    ];
    for (directives, hook, paths) in filters {
        for item in &paths.0 {
            wanted.push(Wanted {
                directives,
                cause: Cause::at(directives[0], item.origin),
                program: pin(Some(hook), &item.value),
            });
        }
    }
    for item in &settings.bpf_program.0 {
        wanted.push(Wanted {
            directives: &["BPFProgram"],
            cause: Cause::at("BPFProgram", item.origin),
            program: pin(Hook::by_name(item.value.attach), &item.value.path),
        });
    }
}

fn pin(hook: Option<Hook>, path: &str) -> Result<Source, String> {
    let name = CString::new(path).ok();
    let (Some(hook), Some(name)) = (hook, name) else {
        return Err("the kernel has no such place for programs".to_owned());
    };
    match sys::pinned_bpf(&name) {
        Ok(_) => Ok(Source::Pinned(hook, name)),
        Err(errno) => Err(format!(
            "the program {path} cannot be had: {}",
            crate::message(errno)
        )),
    }
}
