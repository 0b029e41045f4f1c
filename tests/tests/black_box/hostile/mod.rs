//! Handoffs and inboxes that mean harm.

mod fields;
mod inbox;
mod names;
mod objects;
mod tables;
mod text;
