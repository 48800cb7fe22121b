package org.pgdeltastream.slot;

import jakarta.ejb.ConcurrencyManagement;
import jakarta.ejb.ConcurrencyManagementType;
import jakarta.ejb.Singleton;
import jakarta.ejb.TransactionAttribute;
import jakarta.ejb.TransactionAttributeType;
import java.util.List;
import java.util.Optional;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.SlotName;

/** Gives the container's resources to the slots and closes the slots with the application. */
@Singleton
@ConcurrencyManagement(ConcurrencyManagementType.BEAN) // a long read must not block an init
@TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED) // walsenders take no JTA transaction
public class SlotManager {
  /** Called once, before anything else, by the web application's start. */
  public void start(Settings settings) {
    throw new UnsupportedOperationException();
  }

  public Settings settings() {
    throw new UnsupportedOperationException();
  }

  /** Throws ProblemException where PostgreSQL cannot be reached. */
  public void checkDatabase() {
    throw new UnsupportedOperationException();
  }

  public NewSlot init(InitRequest request) {
    throw new UnsupportedOperationException();
  }

  /** Reads a page under the slot's snapshot, or the newest open one's. */
  public SnapshotPage readPage(Optional<SlotName> slot, PageRequest page) {
    throw new UnsupportedOperationException();
  }

  public List<SlotStatus> slots() {
    throw new UnsupportedOperationException();
  }

  public SlotStatus slot(SlotName name) {
    throw new UnsupportedOperationException();
  }

  public void drop(SlotName name, boolean force) {
    throw new UnsupportedOperationException();
  }
}
