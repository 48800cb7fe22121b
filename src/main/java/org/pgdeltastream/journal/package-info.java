/**
 * The raw messages of pgoutput of the last minutes, in temporary files, so that late readers can
 * read them again. One thread writes a {@link org.pgdeltastream.journal.Journal}; each reader has a
 * {@link org.pgdeltastream.journal.JournalScan} of its own.
 */
@NullMarked
package org.pgdeltastream.journal;

import org.jspecify.annotations.NullMarked;
