//! Sockets: addresses that are not allowed, and a network of the service's own.

use std::net::{IpAddr, SocketAddr};

use unitward_catalog::Capability;
use unitward_observe::FailedCall;
use unitward_settings::Network;

use super::cause::{By, Cause, Relaxation};
use super::privileges;
use super::subject::Subject;

/// Causes of a call on a socket that failed.
pub(super) fn causes(subject: &Subject<'_>, failure: &FailedCall) -> Vec<Cause> {
    let address = failure
        .address
        .as_ref()
        .and_then(|key| key.address.parse::<SocketAddr>().ok());
    let settings = subject.settings;
    let mut causes = Vec::new();
    let call = failure.call.as_str();
    let error = failure.error.as_str();
    if call == "bind" {
        causes.extend(bind(subject, failure, address));
    }
    let sends = matches!(
        call,
        "connect" | "sendto" | "sendmsg" | "sendmmsg" | "write" | "writev"
    );
    if sends && matches!(error, "EPERM" | "ETIMEDOUT" | "EHOSTUNREACH" | "EACCES") {
        causes.extend(filtered(subject, address.map(|address| address.ip())));
        if !settings.restrict_network_interfaces.names.is_empty()
            || settings.restrict_network_interfaces.allow_list
        {
            let why = "the network interface is not among the allowed ones";
            causes.push(subject.switched_off("RestrictNetworkInterfaces", why));
        }
    }
    let unreachable = matches!(
        error,
        "ENETUNREACH" | "EADDRNOTAVAIL" | "ENODEV" | "ENETDOWN" | "EHOSTUNREACH" | "ENONET"
    );
    let refused = error == "ECONNREFUSED" && is_own_host(failure, address);
    let absent = error == "ENXIO" && call == "ioctl";
    if settings.private_network.0 && (unreachable || refused || absent) {
        let why = if refused {
            "the loopback device and the abstract sockets are the service's own, so that nobody else listens there"
        } else {
            "the service has a network of its own, with nothing but a loopback device"
        };
        causes.push(subject.switched_off("PrivateNetwork", why));
    } else if unreachable && settings.network_namespace_path.0.is_some() {
        let why = "the service is in another network namespace";
        causes.push(subject.switched_off("NetworkNamespacePath", why));
    } else if unreachable {
        let why = "the network is not reachable without the sandbox either";
        causes.push(Cause::elsewhere(By::Host, why));
    }
    causes
}

fn bind(subject: &Subject<'_>, failure: &FailedCall, address: Option<SocketAddr>) -> Vec<Cause> {
    let Some(address) = address else {
        return Vec::new();
    };
    let port = address.port();
    match failure.error.as_str() {
        "EPERM" if !subject.settings.socket_bind_deny.0.is_empty() => {
            let protocol = failure
                .address
                .as_ref()
                .map(|key| key.protocol.as_str())
                .filter(|protocol| matches!(*protocol, "tcp" | "udp"));
            let value = match protocol {
                Some(protocol) => format!("{protocol}:{port}"),
                None => port.to_string(),
            };
            let why = format!("sockets may not be bound to port {port}");
            vec![subject.relaxed(
                "SocketBindDeny",
                why,
                Relaxation::of("SocketBindAllow", value),
            )]
        }
        "EACCES" if port < 1024 => {
            let why = format!("port {port} is below 1024");
            privileges::lacking(subject, Capability::NET_BIND_SERVICE, &why)
        }
        _ => Vec::new(),
    }
}

/// Whether packets to an address are dropped.
pub(super) fn filtered(subject: &Subject<'_>, address: Option<IpAddr>) -> Option<Cause> {
    let settings = subject.settings;
    let (allowed, denied) = (&settings.ip_address_allow.0, &settings.ip_address_deny.0);
    let named = address.map_or_else(|| "the address".to_owned(), |address| address.to_string());
    let is_denied = address.map_or(!denied.is_empty(), |address| {
        !holds(allowed, address) && holds(denied, address)
    });
    if !is_denied {
        return None;
    }
    let why = format!("packets to {named} are dropped");
    let change = match address {
        Some(address) => Relaxation::of("IPAddressAllow", address.to_string()),
        None => Relaxation::of("IPAddressDeny", ""),
    };
    Some(subject.relaxed("IPAddressDeny", why, change))
}

fn holds(networks: &std::collections::BTreeSet<Network>, address: IpAddr) -> bool {
    networks
        .iter()
        .any(|network| Network::new(address, network.length).as_ref() == Some(network))
}

/// Whether somebody on this host would listen at an address: loopback, or an abstract socket.
fn is_own_host(failure: &FailedCall, address: Option<SocketAddr>) -> bool {
    match address {
        Some(address) => address.ip().is_loopback(),
        None => failure
            .address
            .as_ref()
            .is_some_and(|key| key.address.starts_with('@')),
    }
}
