package app.afterglow.mobile

import android.content.Intent
import android.net.Uri

/** What other apps have handed over and nobody has taken. */
internal class SharedFiles {
    private val waiting = LinkedHashSet<Uri>()

    val isWaiting: Boolean
        @Synchronized get() = waiting.isNotEmpty()

    @Synchronized
    fun add(files: List<Uri>) {
        waiting.addAll(files.take(MOST - waiting.size))
    }

    @Synchronized
    fun take(): List<Uri> {
        val taken = waiting.toList()
        waiting.clear()
        return taken
    }

    private companion object {
        const val MOST = 1_000
    }
}

/** The files that an intent carries, wherever it carries them. */
internal fun handedOver(intent: Intent?): List<Uri> {
    val clip = intent?.clipData
    val clipped = (0 until (clip?.itemCount ?: 0)).mapNotNull { clip?.getItemAt(it)?.uri }
    return (clipped + listOfNotNull(intent?.data)).filter { it.scheme == "content" }.distinct()
}
