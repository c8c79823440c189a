"""Recognition and enrolment over Socket.IO."""
