//! The items of resources: listed, shown, set, removed.

use std::fmt::Write as _;

use clap::Args;
use counterfoil_client::control::types::ResourceSummary;
use serde_json::Value;

use super::refusal::Refusal;
use super::{Steered, Steering, show, value};
use crate::output::TITLE;

/// List resources, the items of one, or show an item; set and remove them.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The resource; without it all are listed.
    name: Option<String>,

    /// The key of an item; without it all items are listed.
    key: Option<String>,

    /// The collection that is meant where a resource has several: the values of its parameters, in their order,
    /// separated by commas.
    #[arg(long = "in", value_name = "VALUES", requires = "name")]
    within: Option<String>,

    /// Add an item, JSON or YAML.
    #[arg(long, value_name = "ITEM", requires = "name", conflicts_with = "key")]
    add: Option<String>,

    /// Put an item in place of the one with the key; without a key a list of items in place of all.
    #[arg(long, value_name = "ITEM", requires = "name", conflicts_with = "add")]
    set: Option<String>,

    /// Remove the item with the key.
    #[arg(long, requires = "key", conflicts_with_all = ["add", "set"])]
    remove: bool,

    /// Put the items back to those that the script begins with.
    #[arg(long, requires = "name", conflicts_with_all = ["key", "add", "set", "remove"])]
    reset: bool,
}

/// Does it.
pub(super) async fn resources(steering: &Steering<'_>, arguments: &Arguments) -> Steered {
    let (client, session) = (&steering.client, steering.session());
    let within = arguments.within.as_deref();
    let Some(name) = arguments.name.as_deref() else {
        let all = client.list_resources(session).await?.into_inner();
        return steering.write(&all, |text| all.iter().for_each(|one| summary(text, one)));
    };
    let sent = |said: &Option<String>| said.as_deref().map(|said| value("the item", said)).transpose();
    let (added, set) = (sent(&arguments.add)?, sent(&arguments.set)?);
    match (arguments.key.as_deref(), set) {
        (Some(key), _) if arguments.remove => {
            client.remove_item(key, name, within, session).await?;
            steering.done(&format!("{key} is removed from {name}"))
        }
        (Some(key), Some(new)) => {
            let item = client.put_item(key, name, within, session, &new).await?.into_inner();
            one(steering, &item)
        }
        (Some(key), None) => {
            let item = client.show_item(key, name, within, session).await?.into_inner();
            one(steering, &item)
        }
        (None, Some(Value::Array(new))) => {
            several(steering, &client.replace_items(name, within, session, &new).await?.into_inner())
        }
        (None, Some(_)) => Err(Refusal::Other(anyhow::anyhow!(
            "set the items of `{name}`: a list has to be given\nname the key of an item to set that item alone"
        ))),
        (None, None) => match added {
            Some(new) => one(steering, &client.make_item(name, within, session, &new).await?.into_inner()),
            None if arguments.reset => {
                client.reset_items(name, within, session).await?;
                steering.done(&format!("{name} has the items that the script begins with"))
            }
            None => several(steering, &client.list_items(name, within, session).await?.into_inner()),
        },
    }
}

fn one(steering: &Steering<'_>, item: &Value) -> Steered {
    steering.write(item, |text| text.push_str(&format!("{}\n", show::plain(&item.to_string()))))
}

fn several(steering: &Steering<'_>, items: &[Value]) -> Steered {
    steering.write(&items, |text| {
        for item in items {
            text.push_str(&format!("{}\n", show::plain(&item.to_string())));
        }
    })
}

fn summary(text: &mut String, resource: &ResourceSummary) {
    let (name, key) = (show::plain(&resource.name), show::plain(&resource.key));
    let within = match resource.within.as_slice() {
        [] => String::new(),
        within => format!(", within {}", show::plain(&within.join(", "))),
    };
    let _ = writeln!(text, "{TITLE}{name}{TITLE:#} by {key}{within}");
    for collection in &resource.collections {
        let place = match collection.within.as_slice() {
            [] => String::new(),
            values => format!("{}: ", show::plain(&values.join(","))),
        };
        let items = if collection.items == 1 { "item" } else { "items" };
        let _ = writeln!(text, "  {place}{} {items}", collection.items);
    }
}
