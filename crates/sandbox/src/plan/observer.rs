//! Somebody who looks at what the processes of a service do, from before their first step.

use std::fmt;
use std::sync::Arc;

use rustix::io::Errno;
use rustix::process::Pid;
use unitward_seccomp::Program;

use super::steps::Steps;
use super::{Action, Cause, Context, Filter};
use crate::Exit;

/// Looks at the processes of a service. Observing changes what a program could notice (ptrace(2)), not what it may do.
pub trait Observer: fmt::Debug + Send + Sync {
    /// The process that traces, whom a process without privileges has to permit it (PR_SET_PTRACER of prctl(2)).
    fn tracer(&self) -> Pid;

    /// Begins to follow a process, which waits for this.
    ///
    /// # Errors
    ///
    /// The kernel's answer. The process does not go on then.
    fn follow(&self, pid: Pid) -> Result<(), Errno>;

    /// The filter that picks the calls to look at. Every process installs it before anything else.
    fn filter(&self) -> Arc<Program>;

    /// A further filter that is only to be told of, which every process installs next.
    fn noted(&self) -> Option<Arc<Program>>;

    /// Whether the unit's own filter is to ask the tracer in place of refusing calls ([`Program::deferred`]).
    fn answers_calls(&self) -> bool;
}

/// An observer as part of a step.
#[derive(Clone, Debug)]
pub struct ObservedBy(pub(crate) Arc<dyn Observer>);

/// Adds the steps that let a process be observed.
pub(super) fn plan(cx: &Context<'_>, steps: &mut Steps) {
    let Some(observer) = &cx.unit.options.observer else {
        return;
    };
    let mut add = |action| steps.push(Exit::EXCEPTION, Cause::ALWAYS, action);
    add(Action::AwaitObserver(ObservedBy(observer.clone())));
    if !cx.host.is_privileged() {
        add(Action::NoNewPrivileges);
    }
    add(Action::Filter(Filter(observer.filter())));
    if let Some(noted) = observer.noted() {
        add(Action::Filter(Filter(noted)));
    }
}
