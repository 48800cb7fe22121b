/**
 * A feed's shared log in a topic of Apache Kafka. The only package that knows Kafka's client, which
 * the plain WAR does not have: nothing here is loaded unless the settings name a broker.
 */
@NullMarked
package org.pgdeltastream.journal.kafka;

import org.jspecify.annotations.NullMarked;
