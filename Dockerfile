# Gatehouse in one image; the role is the command: gatehouse receiver | worker | operator | sandbox | migrate | ...

# The database client is made by the Prisma CLI, which the image itself does not need.
FROM node:24-slim AS client
WORKDIR /app
COPY package.json package-lock.json ./
COPY prisma prisma
COPY src/bootstrap.mjs src/
RUN npm ci --omit=dev --no-audit --no-fund

FROM node:24-slim
WORKDIR /app
COPY package.json package-lock.json ./
COPY prisma prisma
COPY src src
COPY --from=client /app/src/generated src/generated
# Without the optional packages: the embedded Postgres is for development machines.
RUN npm ci --omit=dev --omit=optional --no-audit --no-fund && npm cache clean --force \
 && ln -s /app/src/bootstrap.mjs /usr/local/bin/gatehouse
# A smaller young generation and allocator settings, which hold less memory under load (docs/performance.md).
ENV NODE_OPTIONS=--max-semi-space-size=4 MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=32768 MALLOC_TRIM_THRESHOLD_=131072
# Compile here, because the running container has a read-only file system. Node reads a cache only if its own user wrote it; afterwards that user may not change it.
RUN rm -rf node_modules/.cache && install -d -o node node_modules/.cache/gatehouse \
 && setpriv --reuid=node --regid=node --clear-groups gatehouse --compile > /dev/null \
 && chown -R root:root node_modules/.cache && chmod -R a+rX,go-w node_modules/.cache
# A server on loopback cannot be reached from outside its container. The orchestrator chooses which ports leave the host.
ENV NODE_ENV=production HOST=0.0.0.0
USER node
EXPOSE 8080 8081 8082 8083
# The process is Node itself, so that it gets SIGTERM and shuts down in order.
CMD ["gatehouse", "--help"]
