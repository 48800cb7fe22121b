package org.pgdeltastream.journal.kafka;

import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.pgdeltastream.journal.shared.LogException;
import org.pgdeltastream.journal.shared.LogException.Kind;

/** What Kafka's exceptions mean here. */
final class KafkaFailures {
  private static final Map<Kind, List<Class<? extends Throwable>>> KINDS =
      Map.of(
          Kind.FENCED,
          List.of(
              ProducerFencedException.class,
              InvalidProducerEpochException.class,
              InvalidTxnStateException.class,
              OutOfOrderSequenceException.class),
          Kind.MISSING,
          List.of(UnknownTopicOrPartitionException.class, UnknownTopicIdException.class),
          Kind.REMOVED,
          List.of(OffsetOutOfRangeException.class),
          Kind.WRONG,
          List.of(
              AuthenticationException.class,
              AuthorizationException.class,
              InvalidReplicationFactorException.class,
              RecordTooLargeException.class,
              UnsupportedVersionException.class,
              LinkageError.class)); // a codec that is not there

  private KafkaFailures() {}

  static LogException of(String what, Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof LogException known) {
        return known;
      }
      for (var kind : KINDS.entrySet()) {
        if (kind.getValue().stream().anyMatch(isInstance(cause))) {
          return exception(kind.getKey(), what, failure);
        }
      }
    }
    return exception(Kind.AWAY, what, failure);
  }

  private static LogException exception(Kind kind, String what, Throwable failure) {
    return new LogException(kind, what + ": " + deepest(failure), failure);
  }

  private static Predicate<Class<? extends Throwable>> isInstance(Throwable cause) {
    return kind -> kind.isInstance(cause);
  }

  /** What the first cause says. */
  static String deepest(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String text = cause.getMessage();
    return text == null ? cause.getClass().getSimpleName() : text;
  }
}
