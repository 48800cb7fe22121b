/** The program's arguments, what it prints, and the command that prints a stream. */
@NullMarked
package org.pgdeltastream.launch.command;

import org.jspecify.annotations.NullMarked;
