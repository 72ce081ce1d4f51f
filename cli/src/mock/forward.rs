//! The options of `mock` that send requests on to another server.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use counterfoil_server::{DEFAULT_REPLY_LIMIT, Forwarding, Invalid, Missing, Operations, Upstream};

/// Whether and how requests are forwarded.
#[derive(Debug, Args)]
#[command(next_help_heading = "Forwarding")]
pub(super) struct Forward {
    /// Forward requests to this server, and hold both them and its replies to the documents: `counterfoil-reason` and
    /// `counterfoil-upstream-reason` say what is wrong. Scripts and `Prefer` come first. Only pages of this machine, or those that
    /// `--cors` names, can reach it.
    #[arg(long, value_name = "URL")]
    upstream: Option<Upstream>,

    /// Forward only this operation (an operationId, or "METHOD /path/{template}"). Can be given several times.
    #[arg(long, value_name = "OPERATION", requires = "upstream", conflicts_with = "stub")]
    upstream_only: Vec<String>,

    /// Do not forward this operation. Can be given several times.
    #[arg(long, value_name = "OPERATION", requires = "upstream")]
    stub: Vec<String>,

    /// Answer operations that the upstream does not have: where it says 405 or 501, or a 404 that is not as documented.
    #[arg(long, requires = "upstream")]
    stub_missing: bool,

    /// Answer invalid requests, so that the upstream never sees them.
    #[arg(long, requires = "upstream")]
    stub_invalid: bool,

    /// How long the upstream may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = RangedU64ValueParser::<u64>::new().range(1..=3600))]
    upstream_timeout: u64,

    /// The largest reply of the upstream that is validated; a larger one is a 502. Streams of events, files, and what
    /// the documents do not describe are passed on as they come, however large.
    #[arg(long, value_name = "BYTES", default_value_t = DEFAULT_REPLY_LIMIT)]
    upstream_limit: usize,

    /// Let rules, scripts and recordings that come over the control API forward to this server. Without it they forward to
    /// the upstream, and to those that scripts name at the start. Can be given several times.
    #[arg(long, value_name = "URL")]
    allow_proxy: Vec<Upstream>,

    /// Write a script that answers as the upstream did, for `--script`. Secrets are hidden, and only its owner may read
    /// the file; it is brought up to date every few seconds and at the end.
    #[arg(long, value_name = "FILE", requires = "upstream")]
    record: Option<PathBuf>,
}

impl Forward {
    /// The file to record into.
    pub(super) fn record(&self) -> Option<&Path> {
        self.record.as_deref()
    }

    /// The servers that may be forwarded to though nothing does at the start.
    pub(super) fn allowed(&self) -> &[Upstream] {
        &self.allow_proxy
    }

    /// The options as the library takes them.
    pub(super) fn resolve(&self) -> Forwarding {
        let forwarding = self.upstream.clone().map_or_else(Forwarding::scripted, Forwarding::to);
        let operations = match (self.upstream_only.as_slice(), self.stub.as_slice()) {
            ([], []) => Operations::All,
            ([], kept) => Operations::AllBut(kept.to_vec()),
            (only, _) => Operations::Only(only.to_vec()),
        };
        forwarding
            .operations(operations)
            .missing(if self.stub_missing { Missing::Stubbed } else { Missing::Passed })
            .invalid(if self.stub_invalid { Invalid::Answered } else { Invalid::Forwarded })
            .deadline(Duration::from_secs(self.upstream_timeout))
            .reply_limit(self.upstream_limit)
    }
}
