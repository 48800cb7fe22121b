package org.pgdeltastream.change;

/** A data type's schema and name, exactly as the catalog had them when the change was made. */
public record TypeName(String schema, String name) {}
