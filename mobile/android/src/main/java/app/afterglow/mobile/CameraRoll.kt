package app.afterglow.mobile

import android.content.ContentUris
import android.content.Context
import android.database.ContentObserver
import android.database.Cursor
import android.net.Uri
import android.os.Build
import android.os.Handler
import android.os.HandlerThread
import android.provider.MediaStore
import java.io.File
import java.io.IOException

/** Copies what the camera takes from a moment on into a folder, where Rust finds it. */
internal class CameraRoll(
    private val context: Context,
) {
    private var watching: Watching? = null

    @Synchronized
    fun start(
        folder: File,
        sinceMs: Long,
    ) {
        stop()
        if (!folder.isDirectory && !folder.mkdirs()) throw IOException("$folder cannot be made")
        watching = Watching(folder, RollFilter(sinceMs))
    }

    @Synchronized
    fun stop() {
        watching?.end()
        watching = null
    }

    private inner class Watching(
        private val folder: File,
        private val filter: RollFilter,
    ) {
        private val thread = HandlerThread("camera-roll").apply { start() }
        private val handler = Handler(thread.looper)
        private val observer =
            object : ContentObserver(handler) {
                override fun onChange(selfChange: Boolean) = look()
            }

        init {
            for (collection in COLLECTIONS) {
                context.contentResolver.registerContentObserver(collection, true, observer)
            }
            handler.post(::look)
        }

        fun end() {
            context.contentResolver.unregisterContentObserver(observer)
            thread.quitSafely()
        }

        private fun look() {
            for (collection in COLLECTIONS) {
                try {
                    query(collection)?.use { rows -> while (rows.moveToNext()) consider(collection, rows) }
                } catch (_: SecurityException) {
                    // The person has taken the permission back: nothing is seen any more.
                    return
                }
            }
        }

        private fun query(collection: Uri): Cursor? {
            val columns = arrayOf(ID, ADDED, NAME, PLACE)
            val finished = if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q) " AND is_pending = 0" else ""
            val since = arrayOf(filter.sinceSeconds.toString())
            return context.contentResolver.query(collection, columns, "$ADDED >= ?$finished", since, ADDED)
        }

        private fun consider(
            collection: Uri,
            rows: Cursor,
        ) {
            val row = RollFilter.Row(collection == MediaStore.Video.Media.EXTERNAL_CONTENT_URI, rows.getLong(0))
            val place = rows.getString(PLACE_COLUMN).orEmpty()
            val inFolder = if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q) place else place.substringBeforeLast('/')
            if (!filter.accept(row, rows.getLong(1), inFolder)) return
            try {
                Copying.copy(context, ContentUris.withAppendedId(collection, row.id), folder, rows.getString(2))
            } catch (_: IOException) {
                filter.forget(row)
            }
        }
    }

    private companion object {
        val COLLECTIONS =
            listOf(MediaStore.Images.Media.EXTERNAL_CONTENT_URI, MediaStore.Video.Media.EXTERNAL_CONTENT_URI)
        const val ID = MediaStore.MediaColumns._ID
        const val ADDED = MediaStore.MediaColumns.DATE_ADDED
        const val NAME = MediaStore.MediaColumns.DISPLAY_NAME
        const val PLACE_COLUMN = 3

        @Suppress("DEPRECATION")
        val PLACE =
            if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q) {
                MediaStore.MediaColumns.RELATIVE_PATH
            } else {
                MediaStore.MediaColumns.DATA
            }
    }
}
