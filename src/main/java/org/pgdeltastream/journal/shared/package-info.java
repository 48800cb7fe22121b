/**
 * The log of a feed that several servers share: one leader writes it, each server reads it. Records
 * form a chain of LSNs, so that a reader finds what is missing, and what it has already, whoever
 * wrote it.
 */
@NullMarked
package org.pgdeltastream.journal.shared;

import org.jspecify.annotations.NullMarked;
