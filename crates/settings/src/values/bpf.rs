//! BPFProgram= and the delegation of BPF (systemd.resource-control(5), systemd.exec(5)).

use unitward_unit::words::{Mode, Words};

use super::Value;
use super::bpf_names::{ATTACHMENTS, COMMANDS, MAPS, PROGRAMS};
use super::path::{PATH, normalized};
use crate::context::{Assigned, Context, Effect};
use crate::setting::Item;
use crate::show::Shown;

/// BPFProgram=: pinned programs that are attached to the control group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BpfPrograms(pub Vec<Item<BpfProgram>>);

/// A pinned BPF program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BpfProgram {
    /// Where it is attached, such as `egress`.
    pub attach: &'static str,
    /// Its path below `/sys/fs/bpf`.
    pub path: String,
}

/// BPFDelegateCommands= and its siblings: what a BPF token of the service may do (systemd 259).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BpfNames {
    /// `any`: everything.
    pub any: bool,
    /// The names, in the order of the kernel.
    pub names: Vec<&'static str>,
}

const ATTACH: [&str; 18] = [
    "egress",
    "ingress",
    "sock_create",
    "sock_ops",
    "device",
    "bind4",
    "bind6",
    "connect4",
    "connect6",
    "post_bind4",
    "post_bind6",
    "sendmsg4",
    "sendmsg6",
    "sysctl",
    "recvmsg4",
    "recvmsg6",
    "getsockopt",
    "setsockopt",
];

impl Value for BpfPrograms {
    const PARSER: &'static str = "bpf-attach";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        if text.is_empty() {
            self.0.clear();
            return Assigned::Reset;
        }
        let known = text.split_once(':').and_then(|(attach, path)| {
            let attach = ATTACH.iter().find(|known| **known == attach)?;
            (!path.is_empty()).then_some((attach, path))
        });
        let Some((attach, path)) = known else {
            return cx.ignored(
                text,
                "TYPE:PATH with a type such as egress, ingress or device",
            );
        };
        match cx.expand(path).map(|path| normalized(&path, cx.version)) {
            Ok(Some(path)) => {
                let origin = cx.origin;
                self.0.push(Item {
                    value: BpfProgram { attach, path },
                    origin,
                });
                Assigned::Set
            }
            Ok(None) => cx.ignored(text, PATH),
            Err(error) => cx.ignored(text, error),
        }
    }

    fn show(&self, shown: &mut Shown<'_>) {
        for Item { value, .. } in &self.0 {
            shown.put(format!("{}:{}", value.attach, value.path));
        }
    }
}

fn names(directive: &str) -> &'static [&'static str] {
    match directive {
        "BPFDelegateCommands" => COMMANDS,
        "BPFDelegateMaps" => MAPS,
        "BPFDelegatePrograms" => PROGRAMS,
        _ => ATTACHMENTS,
    }
}

impl Value for BpfNames {
    const PARSER: &'static str = "bpf-name-list";

    fn assign(&mut self, text: &str, cx: &mut Context<'_>) -> Assigned {
        *self = Self::default();
        match text {
            "" => return Assigned::Reset,
            "any" => {
                self.any = true;
                return Assigned::Set;
            }
            _ => {}
        }
        let known = names(cx.directive);
        let mut bits = vec![false; known.len()];
        for word in Words::new(text, Mode::PLAIN.separated_by(",")) {
            let Ok(word) = word else { break };
            match known
                .iter()
                .zip(&mut bits)
                .find(|(name, _)| **name == word.text)
            {
                Some((_, bit)) => *bit = true,
                None => cx.report(
                    Effect::Skipped,
                    &word.text,
                    word.range,
                    "names such as BPFMapCreate, separated by commas, or any",
                ),
            }
        }
        self.names = known
            .iter()
            .zip(bits)
            .filter_map(|(name, bit)| bit.then_some(*name))
            .collect();
        Assigned::Set
    }

    fn show(&self, shown: &mut Shown<'_>) {
        match self.any {
            true => shown.put("any"),
            false => shown.put(self.names.join(",")),
        }
    }
}
