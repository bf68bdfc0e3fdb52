import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{dirname as d,join as n,resolve as e}from"node:path";function m({runtime:t,request:o}){let r=d(e(t.cwd,o.file)),i=o.state===void 0?n(r,".sluice"):e(t.cwd,o.state);return n(i,o.environment)}export{m as a};
