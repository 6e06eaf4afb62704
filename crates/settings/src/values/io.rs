//! Settings for single block devices (systemd.resource-control(5), "IO Accounting and Control").

use unitward_unit::words::{Mode, Words};

use super::Value;
use super::keyed::Keyed;
use super::number::weight;
use super::path::either;
use super::size::size;
use super::time::{self, microseconds};
use crate::context::{Assigned, Context};
use crate::setting::Item;
use crate::show::Shown;

/// IODeviceWeight=: weights from 1 to 10000.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceWeights(pub Keyed<DeviceValue>);

/// IOReadBandwidthMax= and its siblings: bytes or operations a second; `u64::MAX` for no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceLimits(pub Keyed<DeviceValue>);

/// IODeviceLatencyTargetSec=: microseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceLatencies(pub Keyed<DeviceValue>);

/// A value for a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceValue {
    /// A device node, or any path on the device.
    pub path: String,
    /// The value.
    pub value: u64,
}

fn assign(
    list: &mut Keyed<DeviceValue>,
    text: &str,
    cx: &mut Context<'_>,
    expected: &'static str,
    parse: fn(&str) -> Option<u64>,
) -> Assigned {
    if text.is_empty() {
        list.clear();
        return Assigned::Reset;
    }
    let mut words = Words::new(text, Mode::UNQUOTE);
    let Some(Ok(device)) = words.next() else {
        return cx.ignored(text, expected);
    };
    let Some(value) = parse(words.rest()) else {
        return cx.ignored(text, expected);
    };
    match cx
        .expand(&device.text)
        .map(|path| either(&path, cx.version))
    {
        Ok(Some(path)) => {
            let origin = cx.origin;
            list.insert(
                path.clone(),
                Item {
                    value: DeviceValue { path, value },
                    origin,
                },
            );
            Assigned::Set
        }
        Ok(None) => cx.ignored(text, "a path without .."),
        Err(error) => cx.ignored(text, error),
    }
}

impl Value for DeviceWeights {
    const PARSER: &'static str = "device-value";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        let expected = "a device and a weight from 1 to 10000";
        assign(&mut self.0, text, cx, expected, |text| {
            weight(text).map(u64::from)
        })
    }

    fn show(&self, shown: &mut Shown<'_>) {
        for Item { value, .. } in self.0.iter().rev() {
            shown.put(format!("{} {}", value.path, value.value));
        }
    }
}

impl Value for DeviceLimits {
    const PARSER: &'static str = "device-value";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        assign(
            &mut self.0,
            text,
            cx,
            "a device and a limit such as 5M, or infinity",
            |text| match text {
                "infinity" => Some(u64::MAX),
                _ => size(text, 1000).filter(|limit| *limit > 0),
            },
        )
    }

    fn show(&self, shown: &mut Shown<'_>) {
        for Item { value, .. } in self
            .0
            .iter()
            .rev()
            .filter(|item| item.value.value < u64::MAX)
        {
            shown.put(format!("{} {}", value.path, value.value));
        }
    }
}

impl Value for DeviceLatencies {
    const PARSER: &'static str = "device-value";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        assign(
            &mut self.0,
            text,
            cx,
            "a device and a time span such as 25ms",
            |text| microseconds(text, 1_000_000),
        )
    }

    fn show(&self, shown: &mut Shown<'_>) {
        for Item { value, .. } in self.0.iter().rev() {
            shown.put_as(
                "IODeviceLatencyTargetUSec",
                format!("{} {}", value.path, time::shown(value.value)),
            );
        }
    }
}
