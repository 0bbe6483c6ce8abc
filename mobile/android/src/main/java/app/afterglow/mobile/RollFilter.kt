package app.afterglow.mobile

/** Which rows of the system's media index are new captures of the camera. Each counts once. */
internal class RollFilter(
    sinceMs: Long,
) {
    /** The index counts in seconds: what the camera takes in the second of the switch counts as new. */
    val sinceSeconds = sinceMs / MS
    private val seen = HashSet<Row>()

    data class Row(
        val isClip: Boolean,
        val id: Long,
    )

    fun accept(
        row: Row,
        addedSeconds: Long,
        folder: String,
    ): Boolean = addedSeconds >= sinceSeconds && isOfCamera(folder) && seen.add(row)

    /** A row that could not be read yet is looked at again with the next change. */
    fun forget(row: Row) {
        seen.remove(row)
    }

    private fun isOfCamera(folder: String): Boolean {
        val parts = folder.split('/').filter { it.isNotEmpty() }
        val inside = parts.dropWhile { !it.equals(CAMERA_FOLDER, ignoreCase = true) }.drop(1)
        return inside.isNotEmpty() && inside.none { it.equals(SCREENSHOTS, ignoreCase = true) }
    }

    private companion object {
        const val MS = 1_000L
        const val CAMERA_FOLDER = "DCIM"
        const val SCREENSHOTS = "Screenshots"
    }
}
