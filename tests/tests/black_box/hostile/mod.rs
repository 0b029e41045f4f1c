//! Handoffs and inboxes that mean harm.

mod fields;
mod inbox;
mod names;
mod objects;
mod printed;
mod tables;
mod text;
