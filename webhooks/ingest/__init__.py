"""Inbound webhooks at the front: proof, durable row, the answer that the sender wants."""
