//! What a stub keeps: sessions, values, states of scenarios, the clock.

use std::fmt::Write as _;

use clap::Subcommand;
use counterfoil_client::control::types;
use serde_json::json;

use super::{Steered, Steering, request, show, value};
use crate::output::TITLE;

#[derive(Debug, Subcommand)]
pub(super) enum SessionCommand {
    /// Make a session, and tell how requests name it.
    New {
        /// Its name; one is made up where there is none.
        name: Option<String>,
        /// How long it is kept after its last request: 90s, 10m, 1h.
        #[arg(long, value_name = "TIME")]
        ttl: Option<String>,
    },
    /// List the sessions.
    List,
    /// Drop a session with everything in it.
    Drop {
        /// Its name.
        name: String,
    },
}

pub(super) async fn session(steering: &Steering<'_>, command: &SessionCommand) -> Steered {
    let client = &steering.client;
    match command {
        SessionCommand::New { name, ttl } => {
            let order = request(json!({ "id": name, "ttl": ttl }))?;
            let made = client.make_session(Some(&order)).await?.into_inner();
            steering.write(&made, |text| {
                let _ = writeln!(text, "{TITLE}{}{TITLE:#}", show::plain(&made.id));
                let _ = writeln!(text, "header   {}", show::plain(&made.header));
                let _ = writeln!(text, "base URL {}", show::plain(&made.base_url));
            })
        }
        SessionCommand::List => {
            let all = client.list_sessions().await?.into_inner();
            steering.write(&all, |text| {
                for one in &all {
                    let _ = writeln!(text, "{TITLE}{}{TITLE:#} {} calls", show::plain(&one.id), one.calls);
                }
            })
        }
        SessionCommand::Drop { name } => {
            client.drop_session(name).await?;
            steering.done(&format!("{name} is dropped"))
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum StateCommand {
    /// List all values.
    List,
    /// Show a value.
    Get {
        /// Its name.
        key: String,
    },
    /// Keep a value.
    Set {
        /// Its name.
        key: String,
        /// The value, JSON or YAML.
        value: String,
    },
    /// Remove a value.
    Remove {
        /// Its name.
        key: String,
    },
    /// Put every value back to what scripts begin with.
    Reset,
}

pub(super) async fn state(steering: &Steering<'_>, command: &StateCommand) -> Steered {
    let (client, session) = (&steering.client, steering.session());
    match command {
        StateCommand::List => {
            let all = client.list_state(session).await?.into_inner();
            steering.write(&all, |text| {
                for (key, value) in &all {
                    let value = show::plain(&value.to_string());
                    let _ = writeln!(text, "{TITLE}{}{TITLE:#}: {value}", show::plain(key));
                }
            })
        }
        StateCommand::Get { key } => {
            let value = client.show_value(key, session).await?.into_inner();
            steering.write(&value, |text| text.push_str(&format!("{}\n", show::plain(&value.to_string()))))
        }
        StateCommand::Set { key, value } => {
            let value = self::value("the value", value)?;
            let set = client.set_value(key, session, &value).await?.into_inner();
            steering.write(&set, |text| {
                let set = show::plain(&set.to_string());
                let _ = writeln!(text, "{TITLE}{}{TITLE:#}: {set}", show::plain(key));
            })
        }
        StateCommand::Remove { key } => {
            client.remove_value(key, session).await?;
            steering.done(&format!("{key} is removed"))
        }
        StateCommand::Reset => {
            client.reset_state(session).await?;
            steering.done("every value is as scripts begin with it")
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum ScenarioCommand {
    /// List the scenarios, and what has left its first state.
    List,
    /// Show the state that a scenario is in.
    Show {
        /// Its name.
        name: String,
        /// The value of the scenario's `per`, as text.
        #[arg(long)]
        key: Option<String>,
    },
    /// Put a scenario into a state.
    Set {
        /// Its name.
        name: String,
        /// The name of the state.
        state: String,
        /// The value of the scenario's `per`, as text.
        #[arg(long)]
        key: Option<String>,
    },
    /// Put a scenario back into its first state, for one value or for all.
    Reset {
        /// Its name.
        name: String,
        /// The value of the scenario's `per`, as text.
        #[arg(long)]
        key: Option<String>,
    },
}

pub(super) async fn scenario(steering: &Steering<'_>, command: &ScenarioCommand) -> Steered {
    let (client, session) = (&steering.client, steering.session());
    let shown = |place: types::PlaceSet| {
        steering.write(&place, |text| text.push_str(&format!("{}\n", show::plain(&place.state))))
    };
    match command {
        ScenarioCommand::List => {
            let all = client.list_scenarios(session).await?.into_inner();
            steering.write(&all, |text| all.iter().for_each(|one| write_scenario(text, one)))
        }
        ScenarioCommand::Show { name, key } => {
            shown(client.show_place(name, key.as_deref(), session).await?.into_inner())
        }
        ScenarioCommand::Set { name, state, key } => {
            let place = request(json!({ "state": state }))?;
            shown(client.set_place(name, key.as_deref(), session, &place).await?.into_inner())
        }
        ScenarioCommand::Reset { name, key } => {
            client.reset_place(name, key.as_deref(), session).await?;
            steering.done(&format!("{name} is in its first state"))
        }
    }
}

fn write_scenario(text: &mut String, scenario: &types::ScenarioState) {
    let (name, states) = (show::plain(&scenario.name), show::plain(&scenario.states.join(", ")));
    let per = scenario.per.as_deref().map_or_else(String::new, |per| format!(" per {}", show::plain(per)));
    let start = show::plain(&scenario.start);
    let _ = writeln!(text, "{TITLE}{name}{TITLE:#}{per}: {states}; begins in {start}");
    for place in &scenario.places {
        let key = place.key.as_deref().unwrap_or("(no value)");
        let _ = writeln!(text, "  {}: {}", show::plain(key), show::plain(&place.state));
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum ClockCommand {
    /// Show the time that scripts go by.
    Show,
    /// Stop the clock.
    Freeze {
        /// At this time (RFC 3339); without it where it is.
        time: Option<String>,
    },
    /// Put the clock ahead.
    Advance {
        /// By so much: 90s, 1h.
        duration: String,
    },
    /// Let the clock show the time again.
    Reset,
}

pub(super) async fn clock(steering: &Steering<'_>, command: &ClockCommand) -> Steered {
    let (client, session) = (&steering.client, steering.session());
    let order = match command {
        ClockCommand::Show => None,
        ClockCommand::Freeze { time } => Some(json!({ "freeze": time.as_deref().unwrap_or("now") })),
        ClockCommand::Advance { duration } => Some(json!({ "advance": duration })),
        ClockCommand::Reset => Some(json!({ "reset": true })),
    };
    let state = match order {
        None => client.show_clock(session).await?.into_inner(),
        Some(order) => client.set_clock(session, &request(order)?).await?.into_inner(),
    };
    steering.write(&state, |text| {
        let stands = if state.frozen { ", and stands still" } else { "" };
        let _ = writeln!(text, "{}{stands}", show::plain(&state.now));
    })
}
